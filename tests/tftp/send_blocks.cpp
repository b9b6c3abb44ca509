// The same datagrams, however they are handed to the kernel.
#include "tftp/send_blocks.hpp"

#include "server/base/fd.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <vector>

using namespace musterd;
using namespace musterd::tftp;

namespace {

/// A socket on a free port of loopback. Room for a window; to hear is to wait 5 s at most.
class Socket {
public:
    Socket() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        const int room = 8 << 20;
        const timeval patience{5, 0};
        set(SOL_SOCKET, SO_RCVBUFFORCE, room);
        set(SOL_SOCKET, SO_SNDBUFFORCE, room);
        set(SOL_SOCKET, SO_RCVTIMEO, patience);
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_ANY);
        REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
    }
    template <class T>
    void set(int level, int option, const T& value) {
        ::setsockopt(fd_.get(), level, option, &value, sizeof value);
    }
    [[nodiscard]] int get() const { return fd_.get(); }
    [[nodiscard]] base::Endpoint endpoint() const {
        sockaddr_in own{};
        socklen_t length = sizeof own;
        REQUIRE(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&own), &length) == 0);
        return {base::Ipv4(INADDR_LOOPBACK), ntohs(own.sin_port)};
    }
    base::Bytes hear() {
        std::array<std::uint8_t, 65536> buffer;
        sockaddr_in from{};
        socklen_t length = sizeof from;
        const auto count =
            ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
        REQUIRE(count >= 0);
        heard_from = base::Ipv4(ntohl(from.sin_addr.s_addr));
        return {buffer.begin(), buffer.begin() + count};
    }
    bool hears_nothing() {
        std::uint8_t byte = 0;
        return ::recv(fd_.get(), &byte, 1, MSG_DONTWAIT) < 0;
    }
    base::Ipv4 heard_from;

private:
    base::Fd fd_;
};

struct Window {
    std::size_t blksize;
    std::size_t count;
    std::size_t last;  ///< length of the last block
};

/// Payloads that no two blocks have in common, numbered across the wrap.
std::vector<base::Bytes> payloads(const Window& window) {
    std::vector<base::Bytes> all;
    for (std::size_t i = 0; i < window.count; ++i) {
        base::Bytes bytes(i + 1 == window.count ? window.last : window.blksize);
        for (std::size_t j = 0; j < bytes.size(); ++j)
            bytes[j] = static_cast<std::uint8_t>(i * 31 + j * 7 + j / 256);
        all.push_back(std::move(bytes));
    }
    return all;
}

std::vector<Block> blocks_of(const std::vector<base::Bytes>& payloads) {
    std::vector<Block> blocks;
    for (const auto& payload : payloads)
        blocks.push_back({static_cast<std::uint16_t>(65530 + blocks.size()), payload});
    return blocks;
}

void check_arrives(Socket& receiver, const std::vector<Block>& blocks) {
    for (const auto& block : blocks) {
        base::ByteWriter wanted;
        wanted.u16(3);
        wanted.u16(block.number);
        wanted.bytes(block.payload);
        CHECK(receiver.hear() == wanted.buffer());
    }
    CHECK(receiver.hears_nothing());
}

constexpr std::array windows{
    Window{1468, 64, 1468},  // more than one packet of 64 KiB
    Window{1468, 44, 1468},  // exactly as many as fit one
    Window{512, 16, 100},   Window{512, 16, 0}, Window{1468, 45, 3}, Window{8, 64, 8},
    Window{1468, 1, 1468},  Window{512, 1, 0},  Window{512, 2, 0},   Window{40'000, 3, 7},
};

}  // namespace

TEST_CASE("segmentation and sendmmsg put the same datagrams on the wire") {
    for (const bool segmentation : {true, false}) {
        for (const auto& window : windows) {
            CAPTURE(segmentation);
            CAPTURE(window.blksize);
            CAPTURE(window.count);
            CAPTURE(window.last);
            Socket sender;
            Socket receiver;
            const auto bytes = payloads(window);
            const auto blocks = blocks_of(bytes);
            Outlet outlet{sender.get(), receiver.endpoint(), {}, segmentation && kernel_segments()};
            CHECK(send_blocks(outlet, blocks) == blocks.size());
            check_arrives(receiver, blocks);
            CHECK(outlet.segmentation == (segmentation && kernel_segments()));
        }
    }
}

TEST_CASE("a way that refuses segmentation gets the same datagrams one by one, from then on") {
    Socket sender;
    Socket receiver;
    const int on = 1;
    sender.set(SOL_SOCKET, SO_NO_CHECK, on);  // with which the kernel refuses to cut (EINVAL)
    const auto bytes = payloads({512, 20, 100});
    const auto blocks = blocks_of(bytes);
    Outlet outlet{sender.get(), receiver.endpoint(), {}, true};
    CHECK(send_blocks(outlet, blocks) == blocks.size());
    check_arrives(receiver, blocks);
    CHECK_FALSE(outlet.segmentation);
}

TEST_CASE("a shared socket sends from the address that it is told") {
    Socket sender;
    Socket receiver;
    const base::Ipv4 second(INADDR_LOOPBACK + 1);
    const auto bytes = payloads({512, 4, 100});
    const auto blocks = blocks_of(bytes);
    for (const bool segmentation : {true, false}) {
        Outlet outlet{sender.get(), receiver.endpoint(), second, segmentation && kernel_segments()};
        CHECK(send_blocks(outlet, blocks) == blocks.size());
        check_arrives(receiver, blocks);
        CHECK(receiver.heard_from == second);
        send_datagram(outlet, base::as_bytes("word"));
        CHECK(receiver.hear().size() == 4);
        CHECK(receiver.heard_from == second);
    }
}

TEST_CASE("blocks that the network refuses are done with, and the call ends") {
    Socket sender;
    const auto bytes = payloads({512, 8, 512});
    const auto blocks = blocks_of(bytes);
    for (const bool segmentation : {true, false}) {
        const base::Endpoint broadcast{base::Ipv4(0xffffffff), 9};  // EACCES without SO_BROADCAST
        Outlet outlet{sender.get(), broadcast, {}, segmentation && kernel_segments()};
        CHECK(send_blocks(outlet, blocks) == blocks.size());
        CHECK(send_blocks(outlet, {}) == 0);
    }
}
