#pragma once

#include "server/app/doctor/observations.hpp"

#include <functional>
#include <map>

namespace musterd::app::doctor {

/// A line of /proc/net/{udp,udp6,tcp,tcp6} (Linux Documentation/networking/proc_net_tcp.rst): bound, and for TCP
/// listening.
struct SocketLine {
    base::Ipv4 address;
    std::uint16_t port = 0;
    std::uint64_t inode = 0;
};
/// Lines that are no sockets, of IPv6 addresses other than any, and TCP connections are left out.
std::vector<SocketLine> parse_socket_table(std::string_view text, Protocol protocol);

/// Everyone who holds one of these ports, with process and program where we may see them (/proc/PID/fd).
std::vector<Holder> holders_of(Protocol protocol, const std::vector<std::uint16_t>& ports);

/// Whether `port` can be bound as musterd binds it, tried and let go at once. `device` for UDP, else any.
Outcome try_port(Protocol protocol, std::uint16_t port, const InterfaceSeen& interface);

}  // namespace musterd::app::doctor
