#include "dhcp/destination.hpp"

namespace musterd::dhcp {

namespace {
const base::Ipv4 limited_broadcast(0xffffffff);
}  // namespace

base::Endpoint destination(const Packet& request, const Reply& reply, const base::Endpoint& from, ServerPort port,
                           const Ports& ports) {
    // 4011 is no DHCP port and is never relayed: the client has an address, speaks from it, and listens where it spoke
    // from. EDK2 sends from 4011, iPXE and ROMs from 68 (PxeBcDhcp4.c; ipxe dhcp_proxy_tx).
    if (port == ServerPort::boot_server && !from.address.none()) return from;
    // RFC 2131 4.1: "giaddr" set means that a relay asked; the answer goes to it, on the server's port, whatever the
    // flags say. The relay broadcasts it, as the broadcast flag tells it to.
    if (port != ServerPort::boot_server && !request.giaddr.none()) return {request.giaddr, ports.server};
    // RFC 2131 4.1: "giaddr" zero and "ciaddr" set means that the client has that address and can be reached at it.
    // That cannot be so for a client that still asks for offers, whatever it says.
    if (reply.type == MessageType::ack && !request.ciaddr.none()) return {request.ciaddr, ports.client};
    // RFC 2131 4.1: with both zero, broadcast when the flag asks for it, else unicast to "yiaddr". A proxy assigns no
    // address, and one that we lease the client does not have yet, so that it could not be asked for by ARP: "may be
    // sent as an IP broadcast". A NAK is always broadcast (4.3.2).
    return {limited_broadcast, ports.client};
}

}  // namespace musterd::dhcp
