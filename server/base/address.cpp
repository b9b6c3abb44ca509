#include "server/base/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>

namespace musterd::base {

namespace {

/// Hex digits of `text` with separators taken out; empty when a separator stands anywhere but between groups of
/// `group` digits.
std::string digits_in_groups(std::string_view text, char separator, std::size_t group) {
    std::string digits;
    std::size_t in_group = 0;
    for (const char c : text) {
        if (c == separator) {
            if (in_group != group) return {};
            in_group = 0;
            continue;
        }
        if (++in_group > group) return {};
        digits += c;
    }
    return in_group == group ? digits : std::string{};
}

/// Swaps the bytes of the first three fields: SMBIOS 2.6's little-endian form to RFC 4122's and back.
std::array<std::uint8_t, 16> swap_fields(std::array<std::uint8_t, 16> bytes) {
    std::reverse(bytes.begin(), bytes.begin() + 4);
    std::reverse(bytes.begin() + 4, bytes.begin() + 6);
    std::reverse(bytes.begin() + 6, bytes.begin() + 8);
    return bytes;
}

}  // namespace

Result<Mac> Mac::parse(std::string_view text) {
    std::string digits;
    if (text.size() == 17) {
        digits = digits_in_groups(text, text[2], 2);
        if (text[2] != ':' && text[2] != '-') digits.clear();
    } else if (text.size() == 14) {
        digits = digits_in_groups(text, '.', 4);
    } else if (text.size() == 12) {
        digits = text;
    }
    bool ok = false;
    const auto bytes = from_hex(digits, &ok);
    if (!ok || bytes.size() != 6 || digits.size() != 12) {
        return Error(fmt::format("\"{}\" is not a MAC address (expected aa:bb:cc:dd:ee:ff)", text));
    }
    return from_bytes(bytes);
}

Mac Mac::from_bytes(ByteView bytes) {
    std::array<std::uint8_t, 6> octets{};
    if (bytes.size() >= octets.size()) std::copy_n(bytes.begin(), octets.size(), octets.begin());
    return Mac(octets);
}

std::string Mac::joined(char separator) const {
    return fmt::format("{1:02x}{0}{2:02x}{0}{3:02x}{0}{4:02x}{0}{5:02x}{0}{6:02x}", separator, octets_[0], octets_[1],
                       octets_[2], octets_[3], octets_[4], octets_[5]);
}

Result<Ipv4> Ipv4::parse(std::string_view text) {
    in_addr address{};
    if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) {
        return Error(fmt::format("\"{}\" is not an IPv4 address", text));
    }
    return Ipv4(ntohl(address.s_addr));
}

std::string Ipv4::to_string() const {
    return fmt::format("{}.{}.{}.{}", value_ >> 24U, value_ >> 16U & 0xffU, value_ >> 8U & 0xffU, value_ & 0xffU);
}

Result<Ipv4Network> Ipv4Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto wrong = [&] {
        return Error(fmt::format("\"{}\" is not an address with its prefix length (expected 10.0.0.7/24)", text));
    };
    if (slash == std::string_view::npos) return wrong();
    const auto address = Ipv4::parse(text.substr(0, slash));
    const auto digits = text.substr(slash + 1);
    unsigned prefix = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (!address || code != std::errc{} || end != digits.data() + digits.size() || digits.size() > 2 || prefix > 32) {
        return wrong();
    }
    return Ipv4Network{*address, prefix};
}

Ipv4Network Ipv4Network::with_netmask(Ipv4 address, Ipv4 netmask) {
    return {address, static_cast<unsigned>(std::countl_one(netmask.value()))};
}

Ipv4 Ipv4Network::netmask() const {
    return Ipv4(prefix == 0 ? 0U : ~0U << (32U - prefix));
}

std::string Ipv4Network::to_string() const {
    return fmt::format("{}/{}", address.to_string(), prefix);
}

std::string Endpoint::to_string() const {
    return fmt::format("{}:{}", address.to_string(), port);
}

Result<Uuid> Uuid::parse(std::string_view text) {
    std::string digits(text);
    std::erase(digits, '-');
    bool ok = false;
    const auto bytes = from_hex(digits, &ok);
    const bool dashed = text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
    if (!ok || bytes.size() != 16 || digits.size() != 32 || !(dashed || text.size() == 32)) {
        return Error(fmt::format("\"{}\" is not a UUID (expected xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)", text));
    }
    return from_wire(bytes).swapped();
}

Uuid Uuid::from_wire(ByteView sixteen) {
    std::array<std::uint8_t, 16> wire{};
    if (sixteen.size() >= wire.size()) std::copy_n(sixteen.begin(), wire.size(), wire.begin());
    return Uuid(wire);
}

Uuid Uuid::swapped() const {
    return Uuid(swap_fields(wire_));
}

std::string Uuid::to_string() const {
    const auto hex = to_hex(swap_fields(wire_));
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                       hex.substr(20));
}

bool Uuid::none() const {
    const auto first = wire_[0];
    return (first == 0x00 || first == 0xff) &&
           std::all_of(wire_.begin(), wire_.end(), [first](auto b) { return b == first; });
}

}  // namespace musterd::base
