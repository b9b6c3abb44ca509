#include "server/api/event_filter.hpp"

#include <algorithm>

namespace musterd::api {

bool EventFilter::fits(const base::Event& event) const {
    return (host.empty() || event.host == host) && (boot.empty() || event.boot == boot) &&
           (kinds.empty() || std::find(kinds.begin(), kinds.end(), event.kind) != kinds.end()) &&
           (!since || event.time >= *since);
}

base::Result<EventScan> scan_events(const boots::Boots& boots, std::uint64_t after, const EventFilter& filter,
                                    std::size_t most, const std::function<bool(const base::Event&)>& take) {
    // The journal has an index by host, and a boot belongs to one.
    const auto host = filter.host.empty() ? std::string(boots.roll().find_boot(filter.boot).host) : filter.host;
    EventScan scan{after, true};
    std::size_t seen = 0;
    const auto read = boots.read(after, host, [&](const base::Event& event) {
        if (seen++ == most) {
            scan.all = false;
            return false;
        }
        if (filter.fits(event) && !take(event)) {
            scan.all = false;
            return false;
        }
        scan.last = event.id;
        return true;
    });
    if (!read) return read.error();
    return scan;
}

base::Result<std::uint64_t> before_time(const boots::Boots& boots, base::Time time) {
    std::uint64_t before = 0;
    std::uint64_t behind = boots.last_id();
    while (before < behind) {
        const auto middle = before + (behind - before) / 2;
        std::optional<base::Event> next;
        const auto read = boots.read(middle, {}, [&](base::Event event) {
            next = std::move(event);
            return false;
        });
        if (!read) return read.error();
        if (next && next->time < time)
            before = next->id;
        else
            behind = middle;
    }
    return before;
}

}  // namespace musterd::api
