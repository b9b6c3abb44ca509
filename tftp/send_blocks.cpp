#include "tftp/send_blocks.hpp"

#include "tftp/packet.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace musterd::tftp {

namespace {

/// The four bytes before a block's payload (RFC 1350 5), in network order.
struct Header {
    std::uint16_t opcode;
    std::uint16_t number;
};
static_assert(sizeof(Header) == 4);

struct Burst {
    std::array<Header, max_burst> headers;
    std::array<std::array<iovec, 2>, max_burst> pieces;
    std::array<mmsghdr, max_burst> messages;
};

void lay_out(Burst& burst, sockaddr_in& to, std::span<const Block> blocks) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto& payload = blocks[i].payload;
        burst.headers[i] = {htons(static_cast<std::uint16_t>(Opcode::DATA)), htons(blocks[i].number)};
        burst.pieces[i][0] = {&burst.headers[i], sizeof(Header)};
        burst.pieces[i][1] = {const_cast<std::uint8_t*>(payload.data()), payload.size()};
        msghdr message{};
        message.msg_name = &to;
        message.msg_namelen = sizeof to;
        message.msg_iov = burst.pieces[i].data();
        message.msg_iovlen = burst.pieces[i].size();
        burst.messages[i] = {message, 0};
    }
}

}  // namespace

std::size_t send_blocks(int socket, const base::Endpoint& peer, std::span<const Block> blocks) {
    Burst burst;  // 5 KiB, filled as far as used
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(peer.port);
    to.sin_addr.s_addr = htonl(peer.address.value());
    blocks = blocks.first(std::min(blocks.size(), max_burst));
    lay_out(burst, to, blocks);

    std::size_t done = 0;
    while (done < blocks.size()) {
        const auto rest = static_cast<unsigned>(blocks.size() - done);
        const int count = ::sendmmsg(socket, burst.messages.data() + done, rest, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0) done += static_cast<std::size_t>(count);
        if (count < 0 && errno == EAGAIN) break;
        if (count < 0 && errno != EINTR) ++done;
    }
    return done;
}

}  // namespace musterd::tftp
