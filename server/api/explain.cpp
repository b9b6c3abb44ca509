#include "server/api/explain.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::api {

namespace {

/// What events call it.
std::string name_of(const Site& site, const std::string& who) {
    const auto mac = base::Mac::parse(who);
    if (!mac) return who;
    const auto choice = site.choice_for(*mac);
    return event_host(choice, *mac);
}

/// Whether a boot begins with this event, the roll being that after it.
bool begins(const boots::HostState& host, const base::Event& event) {
    const bool powered_on = event.kind == base::EventKind::dhcp_offer && host.offers == 1 &&
                            host.before_script.contains(boots::Stage::firmware) && host.last_offer == event.time;
    // A script without an offer before it: the loader came from elsewhere, or asked once more.
    const bool unannounced = event.kind == base::EventKind::boot_started && host.current() != nullptr &&
                             !host.current()->stages.contains(boots::Stage::firmware);
    return powered_on || unannounced;
}

/// A machine that none names has its last refusal only.
base::Result<std::vector<base::Event>> of_stranger(const Site& site, const std::string& who) {
    const auto mac = base::Mac::parse(who);
    const auto& unknown = site.boots().roll().unknown;
    const auto found = mac ? unknown.find(mac->to_string()) : unknown.end();
    if (found == unknown.end()) {
        return base::Error(fmt::format("nothing was seen of \"{}\"", who),
                           std::make_error_code(std::errc::no_such_file_or_directory));
    }
    base::Event event;
    event.kind = base::EventKind::machine_seen;
    event.mac = found->first;
    event.time = found->second.last;
    event.address = found->second.address;
    event.reason = found->second.reason;
    event.details = found->second.details;
    return std::vector{std::move(event)};
}

}  // namespace

base::Result<std::vector<base::Event>> last_boot_of(Site& site, const std::string& who) {
    const auto name = name_of(site, who);
    if (name.empty()) return of_stranger(site, who);
    std::vector<base::Event> events;
    boots::Roll roll;
    const auto read = site.boots().journal().read(0, name, [&](base::Event event) {
        boots::reduce(roll, event);
        if (begins(roll.hosts[name], event)) events.clear();
        events.push_back(std::move(event));
        return true;
    });
    if (!read) return read.error();
    if (events.empty()) return of_stranger(site, who);
    return events;
}

}  // namespace musterd::api
