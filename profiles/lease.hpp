#pragma once

#include "server/base/address.hpp"
#include "server/base/toml_reader.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace musterd::profiles {

/// The full lease that a host with `address` gets from us, beside or instead of the LAN's DHCP server.
struct Lease {
    base::Ipv4Network address;
    std::optional<base::Ipv4> gateway;
    std::vector<base::Ipv4> dns;
    std::chrono::seconds duration = std::chrono::hours(12);

    bool operator==(const Lease&) const = default;
};

/// Keys address, gateway, dns and lease ("12h"; 1 minute to 1 year). Nothing without `address`; the others alone are an
/// error.
std::optional<Lease> read_lease(base::TomlReader& reader);

}  // namespace musterd::profiles
