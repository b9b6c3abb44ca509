#include "profiles/lease.hpp"

#include "server/base/clock.hpp"

#include <fmt/format.h>

namespace musterd::profiles {

namespace {

using namespace std::chrono_literals;

// Shorter ones make machines renew all the time; DHCP's longest, short of for ever, is 136 years (RFC 2131 3.3).
constexpr std::chrono::seconds shortest = 1min;
constexpr std::chrono::seconds longest = std::chrono::hours(24 * 365);
constexpr std::size_t most_name_servers = 8;

std::optional<base::Ipv4> read_address(base::TomlReader& reader, std::string_view key, std::string_view text) {
    const auto address = base::Ipv4::parse(text);
    if (address && !address->none()) return *address;
    reader.error(key, fmt::format("\"{}\" is not the IPv4 address of a host", text));
    return std::nullopt;
}

void read_duration(base::TomlReader& reader, Lease& lease) {
    const auto text = reader.text("lease");
    if (!text) return;
    const auto duration = base::parse_duration(*text);
    if (!duration) return reader.error("lease", duration.error().message());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*duration);
    if (seconds < shortest || seconds > longest) {
        return reader.error("lease", fmt::format("\"{}\" is not between 1m and 8760h (a year)", *text));
    }
    lease.duration = seconds;
}

void read_gateway(base::TomlReader& reader, Lease& lease) {
    const auto text = reader.text("gateway");
    if (!text) return;
    const auto gateway = read_address(reader, "gateway", *text);
    if (gateway && *gateway == lease.address.address) {
        return reader.error("gateway", "is the host's own address");
    }
    if (gateway && !lease.address.contains(*gateway)) {
        return reader.error("gateway", fmt::format("{} is not in the host's network {}/{}", *text,
                                                   lease.address.first().to_string(), lease.address.prefix));
    }
    lease.gateway = gateway;
}

}  // namespace

std::optional<Lease> read_lease(base::TomlReader& reader) {
    const auto text = reader.text("address");
    if (!text) {
        for (const auto* key : {"gateway", "dns", "lease"}) {
            if (reader.has(key))
                reader.error(key, "has no effect without \"address\": the LAN's DHCP server gives it then");
            static_cast<void>(reader.texts(key));
        }
        return std::nullopt;
    }
    Lease lease;
    const auto address = base::Ipv4Network::parse(*text);
    if (!address) {
        reader.error("address", address.error().message());
    } else if (address->prefix < 8 || !address->is_host() || address->address.none()) {
        reader.error("address", fmt::format("\"{}\" is not the address of a host in a network of /8 to /32", *text));
    } else {
        lease.address = *address;
    }
    if (lease.address.address.none()) return std::nullopt;
    read_gateway(reader, lease);
    for (const auto& server : reader.texts("dns")) {
        if (const auto known = read_address(reader, "dns", server)) lease.dns.push_back(*known);
    }
    if (lease.dns.size() > most_name_servers) reader.error("dns", "more than 8 name servers");
    read_duration(reader, lease);
    return lease;
}

}  // namespace musterd::profiles
