#pragma once

#include "dhcp/architecture.hpp"
#include "dhcp/packet.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace musterd::dhcp {

// Typed views of a packet's options. Each gives nothing (or an empty value) when the option is absent or malformed:
// one bad option is no reason to leave a machine without an answer.

/// 53; nothing for values outside 1 to 8.
std::optional<MessageType> message_type(const Packet& packet);
/// 54.
std::optional<base::Ipv4> server_identifier(const Packet& packet);
/// 50.
std::optional<base::Ipv4> requested_address(const Packet& packet);
/// 57, in bytes of IP datagram.
std::optional<std::uint16_t> maximum_message_size(const Packet& packet);
/// 60, up to a NUL if it holds one, at most 255 bytes; what is not printable ASCII becomes a dot, for the text ends up
/// in logs.
std::string vendor_class(const Packet& packet);
/// Option 82.1 (RFC 3046 3.1), the relay's name for where the client is: as text where all of it is printable ASCII,
/// else 0x and its bytes in hexadecimal; empty without one.
std::string relay_circuit(const Packet& packet);
/// 93: one or more in the client's order of preference (RFC 4578 2.1).
std::vector<Architecture> architectures(const Packet& packet);
/// 97, when it has 17 bytes of type 0 (RFC 4578 2.3); as received, also when the UUID is all zero.
std::optional<base::Bytes> machine_identifier(const Packet& packet);
/// 77: the instances of RFC 3004, or the one raw string that iPXE sends (src/net/udp/dhcp.c).
std::vector<std::string> user_classes(const Packet& packet);
/// 43 read as PXE sub-options.
Options pxe_options(const Packet& packet);
/// 175 read as iPXE's sub-options; nothing when the client sent none.
std::optional<Options> ipxe_options(const Packet& packet);
/// An EUI-48 from 61 of type 1 (RFC 2132 9.14).
std::optional<base::Mac> client_identifier_mac(const Packet& packet);

/// 43.71: what the user chose from a PXE boot menu.
struct BootItem {
    static constexpr std::uint16_t credentials_bit = 0x8000;  ///< in `layer`: the client wants BIS credentials

    std::uint16_t type = 0;
    std::uint16_t layer = 0;
    bool operator==(const BootItem&) const = default;
};
std::optional<BootItem> boot_item(const Packet& packet);

}  // namespace musterd::dhcp
