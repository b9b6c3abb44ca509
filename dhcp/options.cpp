#include "dhcp/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace musterd::dhcp {

namespace {

constexpr std::size_t longest_class = 255;
constexpr std::uint8_t circuit_id = 1;  // RFC 3046 3.1

std::optional<base::Ipv4> address_option(const Packet& packet, Option code) {
    const auto data = packet.options.get(code);
    if (!data || data->size() != 4) return std::nullopt;
    return base::Ipv4(base::ByteReader(*data).u32());
}

/// The instances of RFC 3004 4: length and data, which together fill the option exactly. Empty if they do not.
std::vector<std::string> instances(base::ByteView data) {
    std::vector<std::string> found;
    base::ByteReader reader(data);
    while (reader.remaining() > 0) {
        const auto length = reader.u8();
        const auto instance = reader.take(length);
        if (length == 0 || !reader.ok()) return {};
        found.emplace_back(base::as_text(instance));
    }
    return found;
}

}  // namespace

std::optional<MessageType> message_type(const Packet& packet) {
    const auto data = packet.options.get(Option::message_type);
    if (!data || data->size() != 1) return std::nullopt;
    const auto value = data->front();
    if (value < static_cast<std::uint8_t>(MessageType::discover)) return std::nullopt;
    if (value > static_cast<std::uint8_t>(MessageType::inform)) return std::nullopt;
    return static_cast<MessageType>(value);
}

std::optional<base::Ipv4> server_identifier(const Packet& packet) {
    return address_option(packet, Option::server_identifier);
}

std::optional<base::Ipv4> requested_address(const Packet& packet) {
    return address_option(packet, Option::requested_ip_address);
}

std::optional<std::uint16_t> maximum_message_size(const Packet& packet) {
    const auto data = packet.options.get(Option::maximum_message_size);
    if (!data || data->size() != 2) return std::nullopt;
    return base::ByteReader(*data).u16();
}

std::string vendor_class(const Packet& packet) {
    const auto data = packet.options.get(Option::vendor_class_identifier);
    if (!data) return {};
    const auto text = base::as_text(*data).substr(0, longest_class);
    std::string shown(text.substr(0, text.find('\0')));
    const auto unprintable = [](char c) { return c < ' ' || c > '~'; };
    std::ranges::replace_if(shown, unprintable, '.');
    return shown;
}

std::string relay_circuit(const Packet& packet) {
    const auto data = packet.options.get(Option::relay_agent_information);
    if (!data) return {};
    base::ByteReader reader(*data);
    while (reader.remaining() >= 2) {
        const auto code = reader.u8();
        const auto length = reader.u8();
        if (length > reader.remaining()) return {};
        const auto value = reader.take(length);
        if (code != circuit_id) continue;
        const bool readable = std::ranges::all_of(value, [](std::uint8_t byte) { return byte >= ' ' && byte <= '~'; });
        return readable ? std::string(base::as_text(value)) : fmt::format("0x{:02x}", fmt::join(value, ""));
    }
    return {};
}

std::vector<Architecture> architectures(const Packet& packet) {
    std::vector<Architecture> listed;
    const auto data = packet.options.get(Option::client_system_architecture);
    if (!data) return listed;
    base::ByteReader reader(*data);
    while (reader.remaining() >= 2)
        listed.push_back(static_cast<Architecture>(reader.u16()));
    return listed;
}

std::optional<base::Bytes> machine_identifier(const Packet& packet) {
    const auto data = packet.options.get(Option::client_machine_identifier);
    if (!data || data->size() != 17 || data->front() != 0) return std::nullopt;
    return base::Bytes(data->begin(), data->end());
}

std::vector<std::string> user_classes(const Packet& packet) {
    const auto data = packet.options.get(Option::user_class);
    if (!data || data->empty()) return {};
    auto found = instances(*data);
    if (found.empty()) found.emplace_back(base::as_text(*data));
    return found;
}

Options pxe_options(const Packet& packet) {
    Options found;
    const auto data = packet.options.get(Option::vendor_specific_information);
    if (data) static_cast<void>(parse_options(*data, found));
    return found;
}

std::optional<Options> ipxe_options(const Packet& packet) {
    const auto data = packet.options.get(Option::ipxe_encapsulated);
    if (!data) return std::nullopt;
    Options found;
    static_cast<void>(parse_options(*data, found));
    return found;
}

std::optional<base::Mac> client_identifier_mac(const Packet& packet) {
    const auto data = packet.options.get(Option::client_identifier);
    if (!data || data->size() != 7 || data->front() != Packet::ethernet) return std::nullopt;
    return base::Mac::from_bytes(data->subspan(1));
}

std::optional<BootItem> boot_item(const Packet& packet) {
    const auto options = pxe_options(packet);
    const auto data = options.get(PxeOption::boot_item);
    if (!data || data->size() != 4) return std::nullopt;
    base::ByteReader reader(*data);
    BootItem item;
    item.type = reader.u16();
    item.layer = reader.u16();
    return item;
}

}  // namespace musterd::dhcp
