#pragma once

#include "server/api/site.hpp"

namespace musterd::app {

/// Tells when the wall clock was set, to or fro, by more than a few seconds.
class EvenClock {
public:
    EvenClock(base::Time now, base::Tick tick) : now_(now), tick_(tick) {}
    /// Since it was asked last.
    bool was_set(base::Time now, base::Tick tick) {
        using namespace std::chrono_literals;
        const auto off = (now - now_) - (tick - tick_);
        now_ = now;
        tick_ = tick;
        return off > 5s || off < -5s;
    }

private:
    base::Time now_;
    base::Tick tick_;
};

/// Records host_late for every host that has not shown in time what it has to. Hosts that boot no image of ours are
/// never late. `not_before`: since when this server listens.
void note_late_hosts(api::Site& site, base::Time now, base::Time not_before);

}  // namespace musterd::app
