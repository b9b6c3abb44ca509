#include "server/app/dhcp_desk.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <variant>

namespace musterd::app {

namespace {

/// Why firmware has nothing to start with here: its loader is not in the folder. Silence lets it go on to its next boot
/// device, where a name that TFTP then refuses would cost a time-out. Empty when all is well, and for iPXE, which is
/// a loader itself.
std::string missing_loader(const profiles::Config& config, const dhcp::Client& client) {
    if (client.kind == dhcp::ClientKind::ipxe || !client.architecture) return {};
    const auto* row = dhcp::find_architecture(*client.architecture);
    if (row == nullptr || row->loader.empty()) return {};
    std::error_code code;
    if (std::filesystem::is_regular_file(config.loaders / row->loader, code)) return {};
    return fmt::format("the loader {} is not in {}: make it with deploy/loaders {}", row->loader,
                       config.loaders.string(), config.loaders.string());
}

}  // namespace

std::string script_path(const base::Machine& machine) {
    auto path = "/boot/script?mac=" + machine.mac.to_string();
    if (!machine.arch.empty()) path += "&arch=" + machine.arch;
    if (machine.uuid && !machine.uuid->none()) path += "&uuid=" + machine.uuid->to_string();
    return path;
}

dhcp::Plan DhcpDesk::plan(const dhcp::Client& client) const {
    const auto choice = site_.configuration().plan_for(client.machine);
    dhcp::Plan plan;
    // `musterd doctor` is no host, and asks what one would be told.
    plan.answer = choice.plan != nullptr || client.probe;
    plan.reason = choice.reason;
    if (plan.answer) plan.reason = missing_loader(site_.configuration().config(), client);
    plan.answer = plan.answer && plan.reason.empty();
    plan.script = script_path(client.machine);
    return plan;
}

void DhcpDesk::observe(const dhcp::Report& report) {
    if (report.client.kind == dhcp::ClientKind::plain || report.client.probe) return;
    learn_address(report);
    if (const auto* reply = std::get_if<dhcp::Reply>(&report.decision)) return answered(report, *reply);
    ignored(report, std::get<dhcp::Ignore>(report.decision));
}

void DhcpDesk::learn_address(const dhcp::Report& report) {
    const auto& mac = report.client.machine.mac;
    site_.addresses().learn(report.ciaddr, mac);
    // A broadcast REQUEST names the lease that the client is about to take from the LAN's server.
    const bool request = report.message_type == dhcp::MessageType::request;
    if (request && report.requested_address) site_.addresses().learn(*report.requested_address, mac);
}

base::Event DhcpDesk::event_of(const dhcp::Report& report) const {
    const auto& machine = report.client.machine;
    base::Event event;
    event.mac = machine.mac.to_string();
    event.host = api::event_host(site_.configuration().plan_for(machine), machine.mac);
    if (!report.ciaddr.none()) event.address = report.ciaddr.to_string();
    event.details = {{"client", std::string(dhcp::to_string(report.client.kind))}, {"interface", report.interface}};
    if (!machine.arch.empty()) event.details["arch"] = machine.arch;
    if (machine.uuid) event.details["uuid"] = machine.uuid->to_string();
    return event;
}

void DhcpDesk::answered(const dhcp::Report& report, const dhcp::Reply& reply) {
    auto event = event_of(report);
    event.kind = reply.type == dhcp::MessageType::offer ? base::EventKind::dhcp_offer : base::EventKind::dhcp_ack;
    event.file = report.file;
    if (!report.sent) event.reason = report.send_error;
    const auto what = fmt::format("{} {} {} {}", event.mac, base::to_string(event.kind), event.file, event.reason);
    if (answers_.worth_telling(what, clock_())) site_.note(std::move(event));
}

void DhcpDesk::ignored(const dhcp::Report& report, const dhcp::Ignore& ignore) {
    using dhcp::IgnoreReason;
    // Of the way things go: the client speaks to the LAN's server, or ends its lease.
    if (ignore.reason == IgnoreReason::other_server || ignore.reason == IgnoreReason::not_a_boot_message) return;
    auto event = event_of(report);
    event.kind = event.host.empty() ? base::EventKind::machine_seen : base::EventKind::dhcp_ignore;
    event.reason = ignore.why;
    if (strangers_.worth_telling(event.mac + ignore.why, clock_())) site_.note(std::move(event));
}

bool DhcpDesk::Repeats::worth_telling(const std::string& what, base::Tick now) {
    if (told_.size() >= most_) std::erase_if(told_, [&](const auto& entry) { return now - entry.second > pause_; });
    const auto known = told_.find(what);
    if (known != told_.end()) {
        if (now - known->second < pause_) return false;
        known->second = now;
        return true;
    }
    if (told_.size() >= most_) return false;
    told_.emplace(what, now);
    return true;
}

}  // namespace musterd::app
