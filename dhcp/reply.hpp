#pragma once

#include "dhcp/decide.hpp"
#include "dhcp/packet.hpp"

#include <cstddef>

namespace musterd::dhcp {

/// The answer to `request`. Its form follows the kind of client; what it says, the decision.
Packet make_reply(const Packet& request, const Client& client, const Reply& reply, const ServerIdentity& server);

/// The largest UDP payload that the client of `request` takes from us.
std::size_t reply_limit(const Packet& request);

}  // namespace musterd::dhcp
