#pragma once

#include "server/base/address.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace musterd::app::doctor {

/// Lines of a cure; those that begin with two spaces are to be typed.
using Cure = std::vector<std::string>;

/// A DHCP server that is not ours, and the network it leases from as "10.0.0.0/24", empty when not known.
struct OtherServer {
    base::Ipv4 address;
    std::string network;
};

/// Takes file name and next-server out of what it sends in the header. `next_server` none: it names itself.
Cure without_boot_file(const OtherServer& server, const std::string& file, base::Ipv4 next_server);
/// Takes next-server out of it.
Cure without_next_server(const OtherServer& server, base::Ipv4 next_server);
/// Takes option 43, 60, 66 or 67 out of it; `value` as text where it is text.
Cure without_option(const OtherServer& server, std::uint8_t code, const std::string& value);
/// Makes it name us, and no file: for what finds its server by the lease.
Cure with_next_server(const OtherServer& server, base::Ipv4 ours);
/// Ends a proxy.
Cure without_proxy(base::Ipv4 address);
/// Lets our offers pass switches.
Cure past_guards(base::Ipv4 ours);
/// Lets packets to our ports pass this or that firewall: "udp 67" or "tcp 8080".
Cure past_firewall(const std::string& protocol, const std::vector<std::uint16_t>& ports);

}  // namespace musterd::app::doctor
