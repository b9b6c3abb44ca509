#pragma once

#include "server/base/bytes.hpp"
#include "server/base/ip_address.hpp"

#include <cstdint>
#include <span>

namespace musterd::tftp {

/// One DATA packet: its number on the wire, and bytes that live until the call returns.
struct Block {
    std::uint16_t number = 0;
    base::ByteView payload;
};

/// The way that the packets of one transfer take.
struct Outlet {
    int socket = -1;  ///< non-blocking, not connected
    base::IpEndpoint peer;
    base::IpAddress source;     ///< none: the address that the socket is bound to
    bool segmentation = false;  ///< UDP_SEGMENT may be used; cleared when this way refuses it
};

/// At most this many blocks in one call.
inline constexpr std::size_t max_burst = 64;

/// No "do not fragment": a path with a smaller MTU than our interface's is slow that way, and impossible the other.
void allow_fragments(int socket);

/// Whether this kernel cuts one buffer into datagrams (UDP_SEGMENT, Linux 4.18). Asked once.
bool kernel_segments();

/// Sends blocks in one system call, without copying payloads and without allocating. Gives how many are done with;
/// fewer than all when the socket's buffer is full. A block that the network refuses (no route, a firewall's EPERM)
/// counts as sent: to the transfer it is lost, and its timer knows what to do.
///
/// With segmentation, blocks of one size (the last may be shorter) go through the network stack as one packet of up to
/// 64 KiB, which is cut last thing before the wire or by the network card. Without it, or after an error that says
/// that this way cannot, as datagrams of their own (sendmmsg(2)). The datagrams are the same.
std::size_t send_blocks(Outlet& outlet, std::span<const Block> blocks);

/// Any other packet. What cannot be sent is as good as lost on the way.
void send_datagram(const Outlet& outlet, base::ByteView datagram);

}  // namespace musterd::tftp
