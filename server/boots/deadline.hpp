#pragma once

#include "server/boots/roll.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace musterd::boots {

/// What is known of how long a host's boot may take.
struct Expectation {
    std::uint64_t kernel = 0;  ///< bytes of its image's files; 0: it has none, or it is not known
    std::uint64_t initrds = 0;
    std::uint64_t root = 0;
    bool installs = false;  ///< its profile writes the disk: it ends with `installed`
    /// What a person allows for reaching a stage from the one before.
    std::map<Stage, std::chrono::milliseconds> limits;
    /// The last stage that can be seen of what its image starts; nothing: it says that it is up.
    std::optional<Stage> last;
    /// Since when anybody listens, and the clock goes evenly: of what happened before nothing is late.
    base::Time not_before;
};

struct Wait {
    Stage awaited = Stage::none;
    std::chrono::milliseconds limit{};
    bool operator==(const Wait&) const = default;
};

/// What the host has to show next, and how long after `since`: what a person allows; else the time that machines
/// usually need at the most, or three times what this host's last boots needed, where that is more than half of it.
/// Nothing for a host that is up or was never seen, nor, unless a person sets a limit for `up`, behind the last stage.
std::optional<Wait> waiting_for(const HostState& host, const Expectation& expectation);

/// Why the host is late, in words; nothing if it is not, or has been told so already, or has failed.
std::optional<std::string> lateness(const HostState& host, const Expectation& expectation, base::Time now);

}  // namespace musterd::boots
