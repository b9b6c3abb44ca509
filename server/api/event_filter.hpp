#pragma once

#include "server/boots/boots.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace musterd::api {

/// Which events are wanted; what is empty asks for nothing.
struct EventFilter {
    std::string host;
    std::string boot;
    std::vector<base::EventKind> kinds;
    std::optional<base::Time> since;

    [[nodiscard]] bool fits(const base::Event& event) const;
};

/// One reading of the journal, which is bounded: the control thread answers machines meanwhile.
struct EventScan {
    std::uint64_t last = 0;  ///< the last event that was looked at, or what `after` was
    bool all = true;         ///< there was no other behind it
};

/// Hands over the events after `after` that fit, until `take` says false or `most` were looked at.
base::Result<EventScan> scan_events(const boots::Boots& boots, std::uint64_t after, const EventFilter& filter,
                                    std::size_t most, const std::function<bool(const base::Event&)>& take);

/// The id before the first event of that time or later. By halves, in the order of the journal: where the clock was set
/// back, what is older may come as well.
base::Result<std::uint64_t> before_time(const boots::Boots& boots, base::Time time);

}  // namespace musterd::api
