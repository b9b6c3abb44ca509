#include "server/api/explain.hpp"

#include <fmt/format.h>

#include <deque>

namespace musterd::api {

namespace {

constexpr std::size_t most_events = 1000;

/// What events call it.
std::string name_of(const Site& site, const std::string& who) {
    const auto mac = base::Mac::parse(who);
    if (!mac) return who;
    const auto choice = site.choice_for(*mac);
    return event_host(choice, *mac);
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

base::Result<std::vector<base::Event>> last_boot_of(const Site& site, const std::string& who) {
    const auto name = name_of(site, who);
    if (name.empty()) return of_stranger(site, who);
    const auto& hosts = site.boots().roll().hosts;
    const auto host = hosts.find(name);
    if (host == hosts.end()) return of_stranger(site, who);
    const auto before = host->second.began == 0 ? 0 : host->second.began - 1;
    std::deque<base::Event> events;
    const auto read = site.boots().read(before, name, [&events](base::Event event) {
        events.push_back(std::move(event));
        if (events.size() > most_events) events.pop_front();
        return true;
    });
    if (!read) return read.error();
    return std::vector<base::Event>(events.begin(), events.end());
}

}  // namespace musterd::api
