#include "dhcp/reply.hpp"

#include "dhcp/lease.hpp"

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

/// A menu that chooses its first entry without asking, for firmware that takes nothing else; its second entry is
/// "local boot" (PXE 2.1 table 2-1: types 0 to 0x7fff are reserved).
base::Bytes encode_menu(base::Ipv4 server) {
    constexpr std::uint16_t our_type = 0x8001;
    constexpr std::string_view ours = "musterd";
    constexpr std::string_view local = "Local boot";
    base::ByteWriter writer;
    writer.bytes(std::array<std::uint8_t, 3>{0x06, 0x01, 0x07});  // ask only the servers in sub-option 8
    writer.bytes(std::array<std::uint8_t, 2>{0x08, 0x07});
    writer.u16(our_type);
    writer.u8(1);
    writer.u32(server.value());
    writer.u8(static_cast<std::uint8_t>(PxeOption::boot_menu));
    writer.u8(static_cast<std::uint8_t>(3 + ours.size() + 3 + local.size()));
    writer.u16(our_type);
    writer.u8(static_cast<std::uint8_t>(ours.size()));
    writer.text(ours);
    writer.u16(0);
    writer.u8(static_cast<std::uint8_t>(local.size()));
    writer.text(local);
    writer.bytes(std::array<std::uint8_t, 7>{0x0a, 0x04, 0x00, 'P', 'X', 'E', 0xff});
    return writer.release();
}

/// The boot ROM of a Raspberry Pi goes on only when it reads these words (its documentation, "Network booting").
base::Bytes encode_raspberry_pi() {
    constexpr std::string_view words = "Raspberry Pi Boot";
    base::ByteWriter writer;
    writer.bytes(std::array<std::uint8_t, 3>{0x06, 0x01, 0x03});
    writer.bytes(std::array<std::uint8_t, 6>{0x0a, 0x04, 0x00, 'P', 'X', 'E'});
    writer.u8(static_cast<std::uint8_t>(PxeOption::boot_menu));
    writer.u8(static_cast<std::uint8_t>(3 + words.size()));
    writer.u16(0);
    writer.u8(static_cast<std::uint8_t>(words.size()));
    writer.text(words);
    writer.u8(static_cast<std::uint8_t>(Option::end));
    return writer.release();
}

/// Option 43. UEFI must not see one: builds before April 2017 drop such an offer, and without it every age of UEFI asks
/// on 4011 (EDK2 PxeBcDhcp4.c, ProxyBinl; 8cdd559be6).
void add_discovery(Options& options, const Client& client, const Reply& reply, base::Ipv4 server) {
    const auto set = [&options](base::ByteView value) { options.set(Option::vendor_specific_information, value); };
    if (reply.boot_item) return set(encode(*reply.boot_item));
    if (client.kind == ClientKind::http_boot || reply.discovery == Discovery::none) return;
    if (client.architecture == Architecture::arm_rpiboot) return set(encode_raspberry_pi());
    const bool takes_file = client.kind == ClientKind::pxe_rom || client.kind == ClientKind::ipxe;
    if (reply.discovery == Discovery::menu && client.kind != ClientKind::ipxe) return set(encode_menu(server));
    if (takes_file || reply.discovery == Discovery::direct) set(fetch_at_once);
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

namespace {

/// What identifies the exchange comes back as it came.
Packet answer_to(const Packet& request, const Reply& reply) {
    Packet packet;
    packet.op = Packet::boot_reply;
    packet.htype = request.htype;
    packet.hlen = request.hlen;
    packet.xid = request.xid;
    packet.chaddr = request.chaddr;
    packet.giaddr = request.giaddr;
    // A client that asks for an offer has no address, and without a lease of ours none that we know: only a broadcast
    // reaches it, also through a relay. A NAK's address is worth nothing (RFC 2131 4.3.2).
    const bool ack = reply.type == MessageType::ack;
    packet.flags = ack ? request.flags : Packet::broadcast_flag;
    if (ack) packet.ciaddr = request.ciaddr;
    return packet;
}

/// What a boot client finds its file by.
void add_boot(Packet& packet, const Client& client, const Reply& reply, const ServerIdentity& server) {
    // siaddr is never 0: iPXE would ignore the file (src/net/udp/dhcp.c, dhcp_has_pxeopts), and shim and U-Boot read
    // nothing else.
    packet.siaddr = server.address;
    packet.sname = server.address.to_string();
    packet.options.set(Option::vendor_class_identifier, reply.reply_class);
    if (client.machine_identifier) packet.options.set(Option::client_machine_identifier, *client.machine_identifier);
    add_discovery(packet.options, client, reply, server.address);
    add_file(packet, client, reply);
    if (client.kind == ClientKind::ipxe) packet.options.set(Option::ipxe_encapsulated, before_main_server);
}

}  // namespace

Packet make_reply(const Packet& request, const Client& client, const Reply& reply, const ServerIdentity& server) {
    auto packet = answer_to(request, reply);
    const std::array type{static_cast<std::uint8_t>(reply.type)};
    packet.options.set(Option::message_type, type);
    packet.options.set(Option::server_identifier, four_bytes(server.address));
    // Without a lease yiaddr stays 0: by this EDK2 and iPXE know a proxy.
    if (reply.lease) add_lease(packet, request, reply);
    if (reply.type == MessageType::nak) packet.options.set(Option::message, reply.why);
    if (!reply.file.empty()) add_boot(packet, client, reply, server);

    const auto relay = request.options.get(Option::relay_agent_information);
    if (relay) packet.options.set(Option::relay_agent_information, *relay);
    // RFC 3046 2.2: what cannot be echoed whole is left out.
    if (relay && serialize(packet).size() > reply_limit(request))
        packet.options.remove(Option::relay_agent_information);
    return packet;
}

}  // namespace musterd::dhcp
