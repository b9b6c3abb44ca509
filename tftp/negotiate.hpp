#pragma once

#include "tftp/packet.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace musterd::tftp {

/// The most that this server gives to a client on one path.
struct Limits {
    std::uint16_t max_blksize = 1468;   ///< bytes of payload, 8 to 65464
    std::uint16_t max_windowsize = 64;  ///< blocks, 1 to 64
};

/// What follows block 65535. Every client in the field expects 0; some old ROMs 1.
enum class Rollover : std::uint8_t { to_zero, to_one };

/// What RFC 1350 and the accepted options come to.
struct Agreement {
    std::uint16_t blksize = 512;
    std::uint16_t windowsize = 1;
    std::optional<std::chrono::seconds> timeout;  ///< how often to retransmit, if the client asked for it
    std::optional<Rollover> rollover;             ///< if the client asked for one
    std::vector<Option> oack;                     ///< to be acknowledged; empty: no OACK, DATA 1 comes first
};

/// Largest block whose datagram is not fragmented: MTU less 20 of IPv4 or 40 of IPv6, 8 of UDP, 4 of TFTP; 8 to 65464
/// (RFC 2348).
enum class IpVersion : std::uint8_t { four, six };
std::uint16_t blksize_for_mtu(unsigned mtu, IpVersion version);

/// RFC 2347 to 2349, 7440, and `rollover`, 0 or 1, as tftpd-hpa has it (the number that follows 65535). Never raises a
/// value, never acknowledges what was not asked, never changes a timeout (U-Boot and EDK2 abort on each of these). A
/// value that is no number or out of range leaves its option out. tsize only in octet mode, where it is exact.
Agreement negotiate(const FileRequest& request, std::uint64_t file_size, const Limits& limits);

}  // namespace musterd::tftp
