#include "dhcp/handle.hpp"

#include "dhcp/reply.hpp"

#include <fmt/format.h>

namespace musterd::dhcp {

namespace {

Outcome refuse(Outcome outcome, std::string why) {
    outcome.report.decision = Ignore{IgnoreReason::malformed, std::move(why)};
    return outcome;
}

/// Whether an answer may go there: to a network of ours, or to one behind a relay that is served. Whoever makes up
/// addresses gets nothing sent to others by us.
std::optional<Ignore> check_destination(const base::Endpoint& to, const ServerIdentity& server, const Policy& policy) {
    const base::Ipv4 limited_broadcast(0xffffffff);
    if (to.address == limited_broadcast || server.on_link(to.address)) return std::nullopt;
    if (policy.serves && policy.serves(to.address)) return std::nullopt;
    return Ignore{IgnoreReason::off_link, fmt::format("the answer would go to {}, outside of our networks: if it is "
                                                      "behind a relay, add its network to dhcp.relays",
                                                      to.address.to_string())};
}

/// Our address towards the client: where it spoke to, or in the network it has an address of.
base::Ipv4 our_address(const Packet& packet, const Plan& plan, ServerPort port, const ServerIdentity& server) {
    if (port != ServerPort::dhcp) return server.address;
    return server.facing(plan.lease ? plan.lease->address.address : packet.ciaddr);
}

}  // namespace

Outcome handle(const Arrival& arrival, const ServerIdentity& identity, const Ports& ports, const Policy& policy) {
    Outcome outcome;
    auto& report = outcome.report;
    report.from = arrival.from;
    report.local = identity.address;
    report.port = arrival.port == ServerPort::boot_server ? ports.boot : ports.server;
    if (arrival.truncated) return refuse(std::move(outcome), "longer than any DHCP message");
    const auto packet = parse(arrival.payload);
    if (!packet) return refuse(std::move(outcome), packet.error().message());

    report.client = classify(*packet, policy.class_of);
    report.client.machine.interface = arrival.interface;
    report.xid = packet->xid;
    report.message_type = message_type(*packet);
    report.ciaddr = packet->ciaddr;
    report.requested_address = requested_address(*packet);
    const auto plan = policy.plan_for(report.client);
    auto server = identity;
    server.address = report.local = our_address(*packet, plan, arrival.port, identity);
    report.decision = decide(*packet, report.client, arrival.port, plan, server);
    const auto* reply = std::get_if<Reply>(&report.decision);
    if (reply == nullptr) return outcome;

    const auto to = destination(*packet, *reply, arrival.from, arrival.port, ports);
    if (auto ignore = check_destination(to, server, policy)) {
        report.decision = std::move(*ignore);
        return outcome;
    }
    report.file = reply->file;
    outcome.answer = Answer{serialize(make_reply(*packet, report.client, *reply, server)), to};
    return outcome;
}

}  // namespace musterd::dhcp
