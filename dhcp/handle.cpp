#include "dhcp/handle.hpp"

#include "dhcp/reply.hpp"

namespace musterd::dhcp {

namespace {

Outcome refuse(Outcome outcome, std::string why) {
    outcome.report.decision = Ignore{IgnoreReason::malformed, std::move(why)};
    return outcome;
}

}  // namespace

Outcome handle(const Arrival& arrival, const ServerIdentity& server, const Ports& ports, const PlanFor& plan_for) {
    Outcome outcome;
    auto& report = outcome.report;
    report.from = arrival.from;
    report.local = server.address;
    report.port = arrival.port == ServerPort::dhcp ? ports.server : ports.boot;
    if (arrival.truncated) return refuse(std::move(outcome), "longer than any DHCP message");
    const auto packet = parse(arrival.payload);
    if (!packet) return refuse(std::move(outcome), packet.error().message());

    report.client = classify(*packet);
    report.message_type = message_type(*packet);
    report.ciaddr = packet->ciaddr;
    report.requested_address = requested_address(*packet);
    const auto plan = report.client.kind == ClientKind::plain ? Plan{} : plan_for(report.client);
    report.decision = decide(*packet, report.client, arrival.port, plan, server);
    const auto* reply = std::get_if<Reply>(&report.decision);
    if (reply == nullptr) return outcome;

    report.file = reply->file;
    const auto answer = make_reply(*packet, report.client, *reply, server);
    outcome.answer = Answer{serialize(answer), destination(*packet, *reply, arrival.from, arrival.port, ports)};
    return outcome;
}

}  // namespace musterd::dhcp
