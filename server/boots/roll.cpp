#include "server/boots/roll.hpp"

#include "server/boots/installation.hpp"

#include <algorithm>

namespace musterd::boots {

namespace {

using base::Event;
using base::EventKind;

/// Notes that `stage` was reached. Going back is not possible within a boot.
void reach(HostState& host, std::map<Stage, base::Time>& stages, Stage stage, base::Time time) {
    stages.emplace(stage, time);
    if (stage <= host.stage) return;
    host.stage = stage;
    host.since = time;
    host.condition = Condition::ok;
    host.reason.clear();
}

void power_on(HostState& host, const Event& event) {
    host.booting = false;
    host.before_script.clear();
    host.stage = Stage::none;
    host.offers = 0;
    host.began = event.id;
    reach(host, host.before_script, Stage::firmware, event.time);
}

/// A boot program on the machine asked for its server. Firmware does that once after power-on, so it opens a new
/// attempt when an older one is still open. iPXE does it also as the loader that firmware just fetched from us.
void offered(HostState& host, const Event& event) {
    const bool attempt_open = !host.booting && !host.before_script.empty();
    if (!attempt_open) power_on(host, event);
    ++host.offers;
}

Stage stage_of_file(std::string_view file) {
    if (file == "kernel" || file == "loader" || file == "disk") return Stage::kernel;  // what the machine then starts
    if (file == "initrd") return Stage::initrd;
    if (file == "root") return Stage::root;
    // Only what runs on the machine's own root reads it: cloud-init.
    if (file == "seed/user-data") return Stage::system;
    return Stage::none;
}

void file_sent(HostState& host, const Event& event) {
    const auto sent = event.sent.value_or(0);
    const auto size = event.size.value_or(0);
    const bool whole = event.reason.empty() && sent == size;
    if (event.boot.empty()) {
        const bool loader = !host.booting && !host.before_script.empty();
        if (loader && whole) reach(host, host.before_script, Stage::loader, event.time);
        return;
    }
    const auto boot =
        std::find_if(host.boots.begin(), host.boots.end(), [&](const Boot& b) { return b.id == event.boot; });
    if (boot == host.boots.end()) return;
    auto& progress = boot->bytes[event.file];
    progress = {std::max(progress.sent, sent), std::max(progress.size, size)};
    const auto stage = stage_of_file(event.file);
    if (!whole || stage == Stage::none) return;
    boot->stages.emplace(stage, event.time);
    if (&*boot == host.current()) reach(host, boot->stages, stage, event.time);
}

void boot_started(Roll& roll, HostState& host, const Event& event) {
    // Boot ids sort by the time of their making: one older than the newest is a late event.
    if (!host.boots.empty() && event.boot <= host.boots.front().id) return;
    Boot boot;
    boot.id = event.boot;
    boot.started = event.time;
    boot.image = event.image;
    boot.address = event.address;
    boot.mac = event.mac;
    if (host.before_script.empty()) {  // a script without an offer: the loader came from elsewhere, or asked once more
        host.began = event.id;
        host.offers = 0;
    }
    boot.began = host.began;
    boot.stages = std::move(host.before_script);
    host.before_script.clear();
    roll.host_of_boot[boot.id] = event.host;
    host.boots.push_front(std::move(boot));
    if (host.boots.size() > HostState::boots_kept) {
        roll.host_of_boot.erase(host.boots.back().id);
        host.boots.pop_back();
    }
    host.booting = true;
    host.stage = Stage::none;
    reach(host, host.boots.front().stages, Stage::script, event.time);
}

/// What came in the meantime counts more than that it was awaited.
void late(HostState& host, const Event& event) {
    const auto awaited = event.details.find("awaited");
    const auto stage = awaited == event.details.end() ? std::nullopt : stage_from(awaited->second);
    const auto* boot = host.current();
    const bool same_boot = event.boot == (boot == nullptr ? std::string{} : boot->id);
    if (!stage || !same_boot || host.stage >= *stage || host.condition != Condition::ok) return;
    host.condition = Condition::late;
    host.reason = event.reason;
}

void machine_seen(Roll& roll, const Event& event) {
    if (event.mac.empty() || !event.host.empty()) return;
    auto& machine = roll.unknown[event.mac];
    if (event.id != 0 && event.id <= machine.newest) return;
    machine.newest = event.id;
    if (machine.times++ == 0) machine.first = event.time;
    machine.last = event.time;
    if (!event.address.empty()) machine.address = event.address;
    machine.reason = event.reason;
    machine.details = event.details;
    if (roll.unknown.size() <= Roll::unknown_kept) return;
    const auto by_age = [](const auto& one, const auto& other) { return one.second.newest < other.second.newest; };
    roll.unknown.erase(std::min_element(roll.unknown.begin(), roll.unknown.end(), by_age));
}

void failed(HostState& host, const std::string& reason) {
    host.condition = Condition::failed;
    host.reason = reason;
}

}  // namespace

Roll::Found Roll::find_boot(std::string_view id) const {
    const auto owner = host_of_boot.find(id);
    if (owner == host_of_boot.end()) return {};
    const auto host = hosts.find(owner->second);
    if (host == hosts.end()) return {};
    const auto& boots = host->second.boots;
    const auto boot = std::find_if(boots.begin(), boots.end(), [id](const Boot& one) { return one.id == id; });
    return boot == boots.end() ? Found{} : Found{host->first, &*boot};
}

void Roll::put(const std::string& name, HostState host) {
    for (const auto& boot : host.boots)
        host_of_boot[boot.id] = name;
    hosts[name] = std::move(host);
}

void reduce(Roll& roll, const base::Event& event) {
    if (event.kind == EventKind::machine_seen) return machine_seen(roll, event);
    if (event.host.empty()) return;
    auto& host = roll.hosts[event.host];
    if (event.id != 0 && event.id <= host.newest) return;
    host.newest = event.id;
    roll.unknown.erase(event.mac);  // it has become a host
    const bool current = host.current() != nullptr && host.current()->id == event.boot;
    switch (event.kind) {
        case EventKind::dhcp_offer:
            return offered(host, event);
        case EventKind::file_sent:
            return file_sent(host, event);
        case EventKind::boot_started:
            return boot_started(roll, host, event);
        case EventKind::up:
            if (current) reach(host, host.boots.front().stages, Stage::up, event.time);
            return;
        case EventKind::host_late:
            return late(host, event);
        case EventKind::script_refused:
            return failed(host, event.reason);
        case EventKind::installing:
        case EventKind::installed:
            if (note_installation(host, event))
                reach(host, host.boots.front().stages, stage_of_report(event.kind), event.time);
            return;
        case EventKind::reinstall_ordered:
            return forget_installation(host, event);
        case EventKind::boot_failed:
            if (current) failed(host, event.reason);
            return;
        case EventKind::dhcp_ack:
        case EventKind::dhcp_ignore:
        case EventKind::dhcp_lease:
        case EventKind::dhcp_nak:
        case EventKind::dhcp_decline:
        case EventKind::file_refused:
        case EventKind::install_report:
        case EventKind::second_reader:
        case EventKind::machine_seen:
        case EventKind::journal_failing:
        case EventKind::journal_recovered:
        case EventKind::server_started:
            return;
    }
}

}  // namespace musterd::boots
