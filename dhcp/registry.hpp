#pragma once

#include <cstdint>
#include <string_view>

namespace musterd::dhcp {

/// DHCP options by IANA's names (RFC 2132 and those cited). Codes without a name here are legal values too: a packet
/// keeps what it does not know.
enum class Option : std::uint8_t {
    pad = 0,
    subnet_mask = 1,
    router = 3,
    domain_name_server = 6,
    host_name = 12,
    broadcast_address = 28,
    vendor_specific_information = 43,  ///< for PXE clients: PxeOption sub-options
    requested_ip_address = 50,
    ip_address_lease_time = 51,
    option_overload = 52,
    message_type = 53,
    server_identifier = 54,
    parameter_request_list = 55,
    message = 56,
    maximum_message_size = 57,
    vendor_class_identifier = 60,
    client_identifier = 61,
    tftp_server_name = 66,
    bootfile_name = 67,
    user_class = 77,                  ///< RFC 3004
    relay_agent_information = 82,     ///< RFC 3046
    client_system_architecture = 93,  ///< RFC 4578 2.1
    client_network_interface = 94,    ///< RFC 4578 2.2
    client_machine_identifier = 97,   ///< RFC 4578 2.3
    ipxe_encapsulated = 175,          ///< IpxeOption sub-options (Etherboot's, in the registry's site-specific range)
    end = 255,
};

/// Option 53 (RFC 2132 9.6).
enum class MessageType : std::uint8_t {
    discover = 1,
    offer = 2,
    request = 3,
    decline = 4,
    ack = 5,
    nak = 6,
    release = 7,
    inform = 8,
};
/// "DISCOVER", …; "message type N" is not made here: unknown values give "unknown".
std::string_view to_string(MessageType type);

/// Sub-options of 43 when 60 says PXEClient (PXE 2.1, table 2-1).
enum class PxeOption : std::uint8_t {
    discovery_control = 6,
    boot_servers = 8,
    boot_menu = 9,
    menu_prompt = 10,
    boot_item = 71,
};

/// Sub-options of 175 (iPXE src/include/ipxe/dhcp.h and features.h).
enum class IpxeOption : std::uint8_t {
    priority = 0x01,  ///< signed; above 0 puts our settings before the main server's
    http = 0x13,
    https = 0x14,
    efi = 0x24,
};

}  // namespace musterd::dhcp
