#pragma once

#include "dhcp/decide.hpp"
#include "dhcp/packet.hpp"

namespace musterd::dhcp {

/// The ports of the protocol. Others than these only in tests.
struct Ports {
    std::uint16_t server = 67;
    std::uint16_t boot = 4011;
    std::uint16_t client = 68;
};

/// Where an answer goes. `from` is the end point that the request came from.
base::Endpoint destination(const Packet& request, const Reply& reply, const base::Endpoint& from, ServerPort port,
                           const Ports& ports);

}  // namespace musterd::dhcp
