#pragma once

#include "server/base/address.hpp"
#include "server/base/bytes.hpp"

#include <cstdint>
#include <span>

namespace musterd::tftp {

/// One DATA packet: its number on the wire, and bytes that live until the call returns.
struct Block {
    std::uint16_t number = 0;
    base::ByteView payload;
};

/// At most this many blocks in one call.
inline constexpr std::size_t max_burst = 64;

/// Sends blocks from a non-blocking socket in one system call (sendmmsg(2)), without copying payloads. Gives how many
/// are done with; fewer than all when the socket's buffer is full. A block that the network refuses (no route, a
/// firewall's EPERM) counts as sent: to the transfer it is lost, and its timer knows what to do.
/// All but the last block of a transfer are of one size, so this is also where UDP_SEGMENT would go.
std::size_t send_blocks(int socket, const base::Endpoint& peer, std::span<const Block> blocks);

}  // namespace musterd::tftp
