#include "dhcp/reply.hpp"

#include <algorithm>
#include <array>

namespace musterd::dhcp {

namespace {

constexpr std::size_t ip_and_udp_headers = 28;
constexpr std::uint16_t least_message_size = 576;  // RFC 2132 9.10: what everyone must take, and the least to ask for
constexpr std::uint16_t largest_message_size = 1472;  // EDK2 PxeBcDhcp4.h, PXEBC_DHCP4_PACKET_MAX_SIZE

// Discovery control 8: fetch the file that this packet names, ask no one else. The prompt "PXE" with time-out 0 shows
// nothing, but some ROMs want to see one (dnsmasq rfc2131.c, pxe_opts, sends these ten bytes).
constexpr std::array<std::uint8_t, 10> fetch_at_once{0x06, 0x01, 0x08, 0x0a, 0x04, 0x00, 'P', 'X', 'E', 0xff};
// Moves our settings in front of those of the main server (iPXE src/core/settings.c, reprioritise_settings), so that a
// file name that it gives does not win.
constexpr std::array<std::uint8_t, 3> before_main_server{static_cast<std::uint8_t>(IpxeOption::priority), 1, 1};

base::Bytes four_bytes(base::Ipv4 address) {
    base::ByteWriter writer;
    writer.u32(address.value());
    return writer.release();
}

base::Bytes encode(const BootItem& item) {
    base::ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(PxeOption::boot_item));
    writer.u8(4);
    writer.u16(item.type);
    writer.u16(item.layer);
    writer.u8(static_cast<std::uint8_t>(Option::end));
    return writer.release();
}

/// Option 43. UEFI must not see one: builds before April 2017 drop such an offer, and without it every age of UEFI asks
/// on 4011 (EDK2 PxeBcDhcp4.c, ProxyBinl; 8cdd559be6).
void add_discovery(Options& options, const Client& client, const Reply& reply) {
    if (reply.boot_item) {
        options.set(Option::vendor_specific_information, encode(*reply.boot_item));
    } else if (client.kind == ClientKind::pxe_rom || client.kind == ClientKind::ipxe) {
        options.set(Option::vendor_specific_information, fetch_at_once);
    }
}

/// A URL goes into option 67 with a NUL at its end, for EDK2 writes one there and would damage the next option
/// (PxeBcParseDhcp4Packet, HttpBootParseDhcp4Packet). All other names go into the header: Intel's ROMs read one byte
/// too many of option 67, and shim reads only the header.
void add_file(Packet& packet, const Client& client, const Reply& reply) {
    if (client.kind != ClientKind::http_boot) {
        packet.file = reply.file;
        return;
    }
    std::string_view with_nul(reply.file.c_str(), reply.file.size() + 1);
    packet.options.set(Option::bootfile_name, with_nul);
}

}  // namespace

std::size_t reply_limit(const Packet& request) {
    const auto asked = maximum_message_size(request).value_or(least_message_size);
    return std::clamp(asked, least_message_size, largest_message_size) - ip_and_udp_headers;
}

Packet make_reply(const Packet& request, const Client& client, const Reply& reply, const ServerIdentity& server) {
    const bool offer = reply.type == MessageType::offer;
    Packet packet;
    packet.op = Packet::boot_reply;
    packet.htype = request.htype;
    packet.hlen = request.hlen;
    packet.xid = request.xid;
    packet.chaddr = request.chaddr;
    packet.giaddr = request.giaddr;
    // A client that asks for an offer has no address, and we lease none: only a broadcast reaches it.
    packet.flags = offer ? Packet::broadcast_flag : request.flags;
    if (!offer) packet.ciaddr = request.ciaddr;
    // yiaddr stays 0: by this EDK2 and iPXE know a proxy. siaddr is never 0: iPXE would ignore the file
    // (src/net/udp/dhcp.c, dhcp_has_pxeopts), and shim and U-Boot read nothing else.
    packet.siaddr = server.address;
    packet.sname = server.address.to_string();

    const std::array type{static_cast<std::uint8_t>(reply.type)};
    packet.options.set(Option::message_type, type);
    packet.options.set(Option::server_identifier, four_bytes(server.address));
    packet.options.set(Option::vendor_class_identifier, client.matched_class);
    if (client.machine_identifier) packet.options.set(Option::client_machine_identifier, *client.machine_identifier);
    add_discovery(packet.options, client, reply);
    add_file(packet, client, reply);
    if (client.kind == ClientKind::ipxe) packet.options.set(Option::ipxe_encapsulated, before_main_server);

    const auto relay = request.options.get(Option::relay_agent_information);
    if (relay) packet.options.set(Option::relay_agent_information, *relay);
    // RFC 3046 2.2: what cannot be echoed whole is left out.
    if (relay && serialize(packet).size() > reply_limit(request))
        packet.options.remove(Option::relay_agent_information);
    return packet;
}

}  // namespace musterd::dhcp
