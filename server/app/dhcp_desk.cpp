#include "server/app/dhcp_desk.hpp"

#include "server/app/choose_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <variant>

namespace musterd::app {

namespace {

dhcp::Lease lease_of(const profiles::Host& host) {
    const auto& lease = *host.lease;
    return {lease.address, lease.gateway, lease.dns, lease.duration, host.name};
}

dhcp::Discovery discovery_of(const profiles::FirmwareChoices& choices) {
    switch (choices.option43.value_or(profiles::DiscoveryOption::automatic)) {
        case profiles::DiscoveryOption::automatic:
            return dhcp::Discovery::automatic;
        case profiles::DiscoveryOption::direct:
            return dhcp::Discovery::direct;
        case profiles::DiscoveryOption::menu:
            return dhcp::Discovery::menu;
        case profiles::DiscoveryOption::none:
            return dhcp::Discovery::none;
    }
    return dhcp::Discovery::automatic;
}

std::string query_of(const base::Machine& machine) {
    auto query = "?mac=" + machine.mac.to_string();
    if (!machine.arch.empty()) query += "&arch=" + machine.arch;
    if (machine.uuid && !machine.uuid->none()) query += "&uuid=" + machine.uuid->to_string();
    return query;
}

}  // namespace

std::string script_path(const base::Machine& machine) {
    return "/boot/script" + query_of(machine);
}

DhcpDesk::DhcpDesk(api::Site& site, Clock clock) : site_(site), clock_(std::move(clock)) {
    subscription_ = site_.boots().subscribe([this](const base::Event& event) { saw(event); });
}

dhcp::Plan DhcpDesk::plan(const dhcp::Client& client) const {
    const auto& configuration = site_.configuration();
    const auto choice = configuration.plan_for(client.machine);
    dhcp::Plan plan;
    if (choice.host != nullptr && choice.host->lease) plan.lease = lease_of(*choice.host);
    if (client.kind == dhcp::ClientKind::plain) return plan;
    plan.reason = choice.reason;
    // `musterd doctor` is no host, and asks what one would be told.
    if (choice.plan == nullptr && !client.probe) return plan;
    const auto choices = configuration.firmware_for(choice, client.machine.vendor_class);
    const bool chained = chained_.chained(client.machine.mac, !client.ipxe_http, clock_());
    auto loader = choose_loader({client, choice, choices, chained, [&] { return kernel_is_signed(choice); },
                                 [this](const std::string& file) { return has_loader(file); },
                                 configuration.config().loaders.string(), [&] { return disk_suffix(choice); }});
    plan.answer = loader.why_not.empty();
    if (!plan.answer) plan.reason = std::move(loader.why_not);
    plan.loader = std::move(loader.file);
    plan.chain = loader.chain;
    if (!loader.disk.empty()) plan.disk = "/boot/disk" + loader.disk + query_of(client.machine);
    plan.script = script_path(client.machine);
    plan.discovery = discovery_of(choices);
    plan.reply_class = choices.reply_class == "echo" ? client.machine.vendor_class : choices.reply_class;
    return plan;
}

std::optional<dhcp::VendorClass> DhcpDesk::vendor_class(std::string_view option60) const {
    const auto* known = site_.configuration().vendor_class(option60);
    if (known == nullptr) return std::nullopt;
    return dhcp::VendorClass{known->prefix, known->http ? dhcp::Transport::http : dhcp::Transport::pxe};
}

bool DhcpDesk::serves(base::Ipv4 address) const {
    const auto& relays = site_.configuration().config().dhcp.relays;
    return std::ranges::any_of(relays, [address](const auto& network) { return network.contains(address); });
}

bool DhcpDesk::has_loader(const std::string& file) const {
    auto& seen = loaders_[file];
    const auto now = clock_();
    const bool fresh = seen.when != base::Tick{} && now - seen.when < std::chrono::seconds(1);
    if (fresh) return seen.there;
    std::error_code code;
    seen = {now, std::filesystem::is_regular_file(site_.configuration().config().loaders / file, code)};
    return seen.there;
}

std::string DhcpDesk::disk_suffix(const profiles::Choice& choice) const {
    const bool boots = choice.plan != nullptr && choice.plan->action == profiles::Action::boot && choice.plan->image;
    if (!boots) return {};
    const auto image = site_.image(*choice.plan->image);
    const bool disk = image && image->payload() == images::Payload::disk;
    return disk ? std::filesystem::path(image->disk).extension().string() : std::string{};
}

bool DhcpDesk::kernel_is_signed(const profiles::Choice& choice) const {
    if (choice.plan == nullptr || !choice.plan->image) return false;
    const auto image = site_.image(*choice.plan->image);
    return image && site_.has_signed_kernel(*image);
}

/// A loader that a machine has fetched whole.
void DhcpDesk::saw(const base::Event& event) {
    const bool loader = event.kind == base::EventKind::file_sent && event.boot.empty() && event.reason.empty();
    const auto mac = loader ? base::Mac::parse(event.mac) : base::Result<base::Mac>(base::Error("no loader"));
    if (mac) chained_.fetched(*mac, clock_());
}

/// What nobody could read has no MAC, and is not kept.
void DhcpDesk::keep_packets(const dhcp::Report& report) {
    const auto& mac = report.client.machine.mac;
    const base::Endpoint here{report.to, report.port};
    const auto time = base::now();
    const auto copy = [](base::ByteView bytes) { return base::Bytes(bytes.begin(), bytes.end()); };
    if (!report.received.empty()) site_.packets().keep(mac, {time, report.from, here, copy(report.received)});
    if (report.sent)
        site_.packets().keep(mac, {time, {report.local, report.port}, report.answer_to, copy(report.answer)});
}

void DhcpDesk::observe(const dhcp::Report& report) {
    if (report.client.probe) return;
    keep_packets(report);
    if (const auto* reply = std::get_if<dhcp::Reply>(&report.decision)) {
        learn_address(report);
        if (reply->lease || reply->type == dhcp::MessageType::nak) leased(report, *reply);
        if (!report.file.empty()) answered(report, *reply);
        return;
    }
    const auto& ignore = std::get<dhcp::Ignore>(report.decision);
    const bool declined = ignore.reason == dhcp::IgnoreReason::lease_declined;
    const bool plain = report.client.kind == dhcp::ClientKind::plain;
    // A host's operating system often has another address than its firmware had: its client identifier is another.
    if (!plain || site_.configuration().match(report.client.machine) != nullptr) learn_address(report);
    if (plain && !declined) return;
    ignored(report, ignore);
}

void DhcpDesk::learn_address(const dhcp::Report& report) {
    const auto& machine = report.client.machine;
    const auto& mac = machine.mac;
    const bool firmware = report.client.kind != dhcp::ClientKind::plain;
    if (firmware && site_.configuration().wants_circumstances()) site_.addresses().learn(machine);
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
    const auto* reply = std::get_if<dhcp::Reply>(&report.decision);
    if (reply != nullptr && reply->lease) event.address = reply->lease->address.address.to_string();
    event.details = {{"client", std::string(dhcp::to_string(report.client.kind))}, {"interface", machine.interface}};
    if (!machine.arch.empty()) event.details["arch"] = machine.arch;
    if (machine.uuid) event.details["uuid"] = machine.uuid->to_string();
    // Of a machine that nobody knows, everything: a person, or a rule, is to decide about it.
    if (!event.host.empty()) return event;
    if (!machine.vendor_class.empty()) event.details["vendor_class"] = machine.vendor_class;
    if (!machine.circuit.empty()) event.details["circuit"] = machine.circuit;
    return event;
}

/// Whether it is worth telling is asked first: of a storm's packets most are not.
void DhcpDesk::tell(const dhcp::Report& report, base::EventKind kind, std::string reason, Repeats& repeats) {
    const auto& mac = report.client.machine.mac;
    if (reason.empty() && !report.send_error.empty()) reason = report.send_error;
    std::string what = report.file + '\n' + reason;
    what.append(mac.octets().begin(), mac.octets().end());
    what += static_cast<char>(kind);
    if (!repeats.worth_telling(what, clock_())) return;
    auto event = event_of(report);
    event.kind = kind;
    if (kind == base::EventKind::dhcp_ignore && event.host.empty()) event.kind = base::EventKind::machine_seen;
    event.file = report.file;
    event.reason = std::move(reason);
    site_.note(std::move(event));
}

void DhcpDesk::answered(const dhcp::Report& report, const dhcp::Reply& reply) {
    const bool offer = reply.type == dhcp::MessageType::offer;
    // What goes with a lease's ACK was in its OFFER.
    if (!offer && reply.lease) return;
    const bool ipxe = report.client.kind == dhcp::ClientKind::ipxe;
    if (ipxe && report.file.find("/boot/script") == std::string::npos)
        chained_.told(report.client.machine.mac, report.xid, clock_());
    tell(report, offer ? base::EventKind::dhcp_offer : base::EventKind::dhcp_ack, {}, answers_);
}

void DhcpDesk::leased(const dhcp::Report& report, const dhcp::Reply& reply) {
    if (reply.type == dhcp::MessageType::nak) return tell(report, base::EventKind::dhcp_nak, reply.why, answers_);
    if (reply.type == dhcp::MessageType::ack) {
        site_.addresses().learn(reply.lease->address.address, report.client.machine.mac);
        return tell(report, base::EventKind::dhcp_lease, {}, answers_);
    }
    // An offer of an address alone, to firmware that wanted more.
    const bool firmware = report.client.kind != dhcp::ClientKind::plain;
    if (firmware && !reply.why.empty()) tell(report, base::EventKind::dhcp_ignore, reply.why, strangers_);
}

void DhcpDesk::ignored(const dhcp::Report& report, const dhcp::Ignore& ignore) {
    using dhcp::IgnoreReason;
    switch (ignore.reason) {
        // Of the way things go: the client speaks to the LAN's server, or ends its lease.
        case IgnoreReason::other_server:
        case IgnoreReason::not_a_boot_message:
        case IgnoreReason::lease_ended:
            return;
        case IgnoreReason::lease_declined:
            return tell(report, base::EventKind::dhcp_decline, ignore.why, answers_);
        default:
            return tell(report, base::EventKind::dhcp_ignore, ignore.why, strangers_);
    }
}

bool DhcpDesk::Repeats::worth_telling(const std::string& what, base::Tick now) {
    if (told_.size() >= most_) std::erase_if(told_, [&](const auto& entry) { return now - entry.second > pause_; });
    const auto key = std::hash<std::string>{}(what);
    const auto known = told_.find(key);
    if (known != told_.end()) {
        if (now - known->second < pause_) return false;
        known->second = now;
        return true;
    }
    if (told_.size() >= most_) return false;
    told_.emplace(key, now);
    return true;
}

}  // namespace musterd::app
