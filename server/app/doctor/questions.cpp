#include "server/app/doctor/questions.hpp"

#include "dhcp/classify.hpp"
#include "dhcp/options.hpp"
#include "tftp/packet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <random>

namespace musterd::app::doctor {

namespace {

using dhcp::Option;

constexpr std::uint16_t edk2_packet_size = 1472;

struct Traits {
    std::string_view vendor_class;
    dhcp::Architecture architecture;
    std::array<std::uint8_t, 3> network_interface;  // UNDI, major, minor (RFC 4578 2.2)
};

Traits traits_of(Question question) {
    switch (question) {
        case Question::bios_pxe:
            return {"PXEClient:Arch:00000:UNDI:002001", dhcp::Architecture::x86_bios, {1, 2, 1}};
        case Question::http_boot:
            return {"HTTPClient:Arch:00016:UNDI:003000", dhcp::Architecture::x64_uefi_http, {1, 3, 0}};
        case Question::plain:
        case Question::uefi_pxe:
            break;
    }
    return {"PXEClient:Arch:00007:UNDI:003000", dhcp::Architecture::x64_uefi, {1, 3, 0}};
}

base::Bytes sixteen_bits(std::uint16_t value) {
    base::ByteWriter writer;
    writer.u16(value);
    return writer.release();
}

dhcp::Packet request(dhcp::MessageType type, base::Mac mac, std::uint32_t xid) {
    dhcp::Packet packet;
    packet.xid = xid;
    std::copy(mac.octets().begin(), mac.octets().end(), packet.chaddr.begin());
    const std::array message_type{static_cast<std::uint8_t>(type)};
    packet.options.set(Option::message_type, message_type);
    packet.options.set(Option::maximum_message_size, sixteen_bits(edk2_packet_size));
    // Mask, router, DNS, size, root path, 43, server, 60, 66, 67, 97, 128 to 135: EDK2's list, shortened. Servers send
    // much of it only to who asks.
    constexpr std::array<std::uint8_t, 19> wanted{1,  3,   6,   13,  17,  43,  54,  60,  66, 67,
                                                  97, 128, 129, 130, 131, 132, 133, 134, 135};
    packet.options.set(Option::parameter_request_list, wanted);
    base::ByteWriter mark;  // RFC 3004: instances, each with its length
    mark.u8(static_cast<std::uint8_t>(dhcp::probe_class.size()));
    mark.text(dhcp::probe_class);
    packet.options.set(Option::user_class, mark.buffer());
    return packet;
}

void add_firmware(dhcp::Packet& packet, Question question) {
    const auto traits = traits_of(question);
    packet.options.set(Option::vendor_class_identifier, traits.vendor_class);
    packet.options.set(Option::client_system_architecture,
                       sixteen_bits(static_cast<std::uint16_t>(traits.architecture)));
    packet.options.set(Option::client_network_interface, traits.network_interface);
    base::ByteWriter uuid;
    uuid.u8(0);
    uuid.zeros(10);
    uuid.bytes(base::ByteView(packet.chaddr).first(6));
    packet.options.set(Option::client_machine_identifier, uuid.buffer());
}

}  // namespace

base::Mac made_up_mac() {
    std::random_device random;
    const auto high = random();
    const auto low = random();
    const auto octet = [](unsigned word, unsigned shift) { return static_cast<std::uint8_t>(word >> shift & 0xffU); };
    return base::Mac({0x02, octet(high, 0), octet(high, 8), octet(low, 0), octet(low, 8), octet(low, 16)});
}

base::Bytes discover(Question question, base::Mac mac, std::uint32_t xid) {
    auto packet = request(dhcp::MessageType::discover, mac, xid);
    packet.flags = dhcp::Packet::broadcast_flag;
    if (question != Question::plain) add_firmware(packet, question);
    return serialize(packet);
}

base::Bytes boot_request(base::Mac mac, std::uint32_t xid, base::Ipv4 own_address) {
    auto packet = request(dhcp::MessageType::request, mac, xid);
    packet.ciaddr = own_address;
    add_firmware(packet, Question::uefi_pxe);
    return serialize(packet);
}

bool answers(const dhcp::Packet& packet, std::uint32_t xid, base::Mac mac) {
    return packet.op == dhcp::Packet::boot_reply && packet.xid == xid && base::Mac::from_bytes(packet.chaddr) == mac &&
           dhcp::message_type(packet) == dhcp::MessageType::offer;
}

base::Bytes size_request(const std::string& file) {
    tftp::FileRequest request;
    request.name = file;
    request.options = {{"tsize", "0"}, {"blksize", "1468"}, {"windowsize", "4"}};
    return tftp::serialize(request);
}

HttpHead parse_http_head(std::string_view head) {
    HttpHead parsed;
    if (!head.starts_with("HTTP/1.") || head.size() < 12) return parsed;
    std::from_chars(head.data() + 9, head.data() + 12, parsed.status);
    std::string lower(head);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    constexpr std::string_view name = "\r\ncontent-length:";
    auto at = lower.find(name);
    if (at == std::string::npos) return parsed;
    at = lower.find_first_not_of(' ', at + name.size());
    if (at != std::string::npos) std::from_chars(lower.data() + at, lower.data() + lower.size(), parsed.length);
    return parsed;
}

std::optional<Url> parse_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) return std::nullopt;
    url.remove_prefix(scheme.size());
    const auto slash = std::min(url.find('/'), url.size());
    const auto authority = url.substr(0, slash);
    const auto colon = authority.find(':');
    const auto address = base::Ipv4::parse(authority.substr(0, colon));
    if (!address) return std::nullopt;
    Url parsed{{*address, 80}, slash == url.size() ? "/" : std::string(url.substr(slash))};
    if (colon == std::string_view::npos) return parsed;
    const auto port = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.server.port);
    if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
    return parsed;
}

}  // namespace musterd::app::doctor
