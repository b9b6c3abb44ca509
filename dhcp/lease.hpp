#pragma once

#include "dhcp/decide.hpp"

namespace musterd::dhcp {

/// What a server that leases answers to this message on port 67 (RFC 2131 4.3), where `lease` is the only address that
/// the client can have from us. Others may lease on the same wire: to a client that speaks of an address which is not
/// ours and does not speak to us we say nothing, for a NAK would take away what another server gave.
Decision decide_lease(const Packet& packet, const Lease& lease, ServerPort port, const ServerIdentity& server);

/// Puts the address and the options that go with it into an answer.
void add_lease(Packet& answer, const Packet& request, const Reply& reply);

}  // namespace musterd::dhcp
