#include "tftp/send_blocks.hpp"

#include "server/base/fd.hpp"
#include "server/base/socket_address.hpp"
#include "tftp/packet.hpp"

#include <arpa/inet.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace musterd::tftp {

namespace {

constexpr std::size_t most_segments = 64;  // UDP_MAX_SEGMENTS; newer kernels take more
constexpr std::size_t most_bytes =
    65535 - 40 - 8;  // of a datagram over IPv4 or IPv6, also of one that is yet to be cut

/// The four bytes before a block's payload (RFC 1350 5), in network order.
struct Header {
    std::uint16_t opcode;
    std::uint16_t number;
};
static_assert(sizeof(Header) == 4);

/// Where to, and from which of our addresses.
struct Addresses {
    explicit Addresses(const Outlet& outlet) : to(outlet.peer) { plain.add_source(outlet.source, 0); }

    msghdr message(iovec* pieces, std::size_t count, base::ControlMessages& control) {
        msghdr message{};
        message.msg_name = to.get();
        message.msg_namelen = to.length;
        message.msg_iov = pieces;
        message.msg_iovlen = count;
        control.attach_to(message);
        return message;
    }

    base::SocketAddress to;
    base::ControlMessages plain;
};

/// What one system call takes. Messages of several blocks are to be cut.
struct Burst {
    std::array<Header, max_burst> headers;
    std::array<iovec, 2 * max_burst> pieces;
    std::array<mmsghdr, max_burst> messages;
    std::array<std::size_t, max_burst> blocks_of;
    std::size_t count;
};

void lay_out(Burst& burst, std::span<const Block> blocks) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto& payload = blocks[i].payload;
        burst.headers[i] = {htons(static_cast<std::uint16_t>(Opcode::DATA)), htons(blocks[i].number)};
        burst.pieces[2 * i] = {&burst.headers[i], sizeof(Header)};
        burst.pieces[2 * i + 1] = {const_cast<std::uint8_t*>(payload.data()), payload.size()};
    }
}

/// How many of the blocks, from the first, the kernel can cut out of one message into pieces of `length`: all of that
/// length, but for the last, which may be shorter.
std::size_t cuttable(std::span<const Block> blocks, std::size_t length) {
    if (blocks.front().payload.size() != length) return 1;
    const auto most = std::min({blocks.size(), most_segments, most_bytes / (sizeof(Header) + length)});
    std::size_t count = 1;
    while (count < most && blocks[count].payload.size() == length)
        ++count;
    const bool shorter = count < most && blocks[count].payload.size() < length;
    return shorter ? count + 1 : count;
}

void divide(Burst& burst, std::span<const Block> blocks, std::size_t first, bool segmentation, Addresses& addresses,
            base::ControlMessages& cut) {
    const auto length = blocks.front().payload.size();
    burst.count = 0;
    while (first < blocks.size()) {
        const auto several = segmentation ? cuttable(blocks.subspan(first), length) : 1;
        auto& control = several > 1 ? cut : addresses.plain;
        burst.messages[burst.count].msg_hdr = addresses.message(&burst.pieces[2 * first], 2 * several, control);
        burst.blocks_of[burst.count] = several;
        ++burst.count;
        first += several;
    }
}

/// EINVAL: a datagram would not fit the route's MTU; EIO: the interface cannot compute checksums (udp_send_skb() in
/// Linux's net/ipv4/udp.c); the others are what filters and odd interfaces say.
bool refuses_segmentation(int error) {
    return error == EINVAL || error == EIO || error == EMSGSIZE || error == EOPNOTSUPP;
}

}  // namespace

void allow_fragments(int socket) {
    const int four = IP_PMTUDISC_DONT;
    const int six = IPV6_PMTUDISC_DONT;  // each of the two calls fails on a socket of the other family
    ::setsockopt(socket, IPPROTO_IP, IP_MTU_DISCOVER, &four, sizeof four);
    ::setsockopt(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &six, sizeof six);
}

bool kernel_segments() {
    static const bool yes = [] {
        const base::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const int off = 0;
        return ::setsockopt(socket.get(), IPPROTO_UDP, UDP_SEGMENT, &off, sizeof off) == 0;
    }();
    return yes;
}

std::size_t send_blocks(Outlet& outlet, std::span<const Block> blocks) {
    if (blocks.empty()) return 0;
    blocks = blocks.first(std::min(blocks.size(), max_burst));
    Burst burst;  // 8 KiB, filled as far as used
    lay_out(burst, blocks);
    Addresses addresses(outlet);
    auto cut = addresses.plain;
    cut.add(IPPROTO_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(sizeof(Header) + blocks.front().payload.size()));

    std::size_t done = 0;
    while (done < blocks.size()) {
        divide(burst, blocks, done, outlet.segmentation, addresses, cut);
        const auto messages = static_cast<unsigned>(burst.count);
        const int count = ::sendmmsg(outlet.socket, burst.messages.data(), messages, MSG_DONTWAIT | MSG_NOSIGNAL);
        for (int i = 0; i < count; ++i)
            done += burst.blocks_of[static_cast<std::size_t>(i)];
        if (count >= 0 || errno == EINTR) continue;
        if (errno == EAGAIN) break;
        const bool whole = burst.blocks_of[0] == 1 || !refuses_segmentation(errno);
        if (whole) done += burst.blocks_of[0];
        if (!whole) outlet.segmentation = false;
    }
    return done;
}

void send_datagram(const Outlet& outlet, base::ByteView datagram) {
    Addresses addresses(outlet);
    iovec piece{const_cast<std::uint8_t*>(datagram.data()), datagram.size()};
    const auto message = addresses.message(&piece, 1, addresses.plain);
    ssize_t count = -1;
    do {
        count = ::sendmsg(outlet.socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
}

}  // namespace musterd::tftp
