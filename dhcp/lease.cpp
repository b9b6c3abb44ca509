#include "dhcp/lease.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace musterd::dhcp {

namespace {

base::Bytes encode(const std::vector<base::Ipv4>& addresses) {
    base::ByteWriter writer;
    for (const auto address : addresses)
        writer.u32(address.value());
    return writer.release();
}

Decision give(MessageType type, const Lease& lease) {
    Reply reply{type, {}};
    reply.lease = lease;
    return reply;
}

Decision refuse(const Lease& lease, base::Ipv4 asked) {
    Reply reply{MessageType::nak, {}};
    reply.why =
        fmt::format("it asks for {}, and its address here is {}", asked.to_string(), lease.address.address.to_string());
    return reply;
}

Decision of_another(base::Ipv4 address) {
    return Ignore{IgnoreReason::other_server,
                  fmt::format("asks for {}, which another server may have given", address.to_string())};
}

/// REQUEST in its four states (RFC 2131 4.3.2, table 4).
Decision decide_request(const Packet& packet, const Lease& lease, ServerPort port, const ServerIdentity& server) {
    const auto ours = lease.address.address;
    const auto chosen = server_identifier(packet);
    if (chosen && *chosen != server.address) {
        return Ignore{IgnoreReason::other_server, "takes the offer of " + chosen->to_string()};
    }
    const auto asked = packet.ciaddr.none() ? requested_address(packet).value_or(base::Ipv4{}) : packet.ciaddr;
    if (asked == ours) return give(MessageType::ack, lease);
    // SELECTING: it names us. RENEWING: it speaks to us alone, so we gave it that address, before the configuration
    // changed.
    const bool to_us = chosen || (port == ServerPort::dhcp_own && packet.giaddr.none());
    if (to_us) return refuse(lease, asked);
    return of_another(asked);  // INIT-REBOOT and REBINDING go to whoever listens
}

/// A client that has its address by other means asks for the rest (RFC 2131 4.3.5).
Decision decide_inform(const Packet& packet, const Lease& lease) {
    if (packet.ciaddr != lease.address.address) return of_another(packet.ciaddr);
    Reply reply{MessageType::ack, {}};
    reply.lease = lease;
    reply.address_is_known = true;
    return reply;
}

/// RELEASE and DECLINE name the server that they are for (RFC 2131 table 5).
Decision decide_end(const Packet& packet, MessageType type, const Lease& lease, const ServerIdentity& server) {
    if (server_identifier(packet) != server.address) {
        return Ignore{IgnoreReason::other_server, fmt::format("{} to another server", to_string(type))};
    }
    const auto address = lease.address.address.to_string();
    if (type == MessageType::release) return Ignore{IgnoreReason::lease_ended, "gives " + address + " back"};
    return Ignore{IgnoreReason::lease_declined, fmt::format("declines {}: another machine uses that address", address)};
}

}  // namespace

Decision decide_lease(const Packet& packet, const Lease& lease, ServerPort port, const ServerIdentity& server) {
    const auto type = message_type(packet);
    if (!type) return Ignore{IgnoreReason::not_a_boot_message, "no DHCP message type"};
    switch (*type) {
        case MessageType::discover:
            return give(MessageType::offer, lease);
        case MessageType::request:
            return decide_request(packet, lease, port, server);
        case MessageType::inform:
            return decide_inform(packet, lease);
        case MessageType::release:
        case MessageType::decline:
            return decide_end(packet, *type, lease, server);
        case MessageType::offer:
        case MessageType::ack:
        case MessageType::nak:
            break;
    }
    return Ignore{IgnoreReason::not_a_request, "a server's message"};
}

void add_lease(Packet& answer, const Packet& request, const Reply& reply) {
    const auto& lease = *reply.lease;
    if (!reply.address_is_known) {
        answer.yiaddr = lease.address.address;
        const auto most = static_cast<std::int64_t>(std::numeric_limits<std::uint32_t>::max());
        base::ByteWriter seconds;
        seconds.u32(static_cast<std::uint32_t>(std::clamp<std::int64_t>(lease.duration.count(), 0, most)));
        answer.options.set(Option::ip_address_lease_time, seconds.release());
    }
    answer.options.set(Option::subnet_mask, encode({lease.address.netmask()}));
    answer.options.set(Option::broadcast_address, encode({lease.address.last()}));
    if (lease.gateway) answer.options.set(Option::router, encode({*lease.gateway}));
    if (!lease.name_servers.empty()) answer.options.set(Option::domain_name_server, encode(lease.name_servers));
    if (!lease.host_name.empty()) answer.options.set(Option::host_name, lease.host_name);
    // RFC 6842 3: what the client calls itself comes back.
    const auto identifier = request.options.get(Option::client_identifier);
    if (identifier) answer.options.set(Option::client_identifier, *identifier);
}

}  // namespace musterd::dhcp
