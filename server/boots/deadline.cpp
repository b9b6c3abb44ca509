#include "server/boots/deadline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace musterd::boots {

namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

// Estimates, generous ones: a profile can say otherwise, and after a host's first boot its own times count. What comes
// before the first DISCOVER (a server's firmware takes minutes for it) is not in them: nobody knows when power came.
constexpr Milliseconds to_loader = 60s;
constexpr Milliseconds to_script = 90s;
constexpr Milliseconds to_file = 30s;
constexpr Milliseconds to_root = 3min;           // kernel and initrd start, find the network, and fetch it
constexpr Milliseconds to_up_from_files = 8min;  // the same, and the system with its services
constexpr Milliseconds to_up_from_system = 5min;
constexpr Milliseconds to_installing = 10min;  // the installer starts and finds its configuration
constexpr Milliseconds to_installed = 90min;   // packages from a mirror that may be far
constexpr std::uint64_t slowest = 2'000'000;   // bytes a second: TFTP in lock step over a tired switch

Milliseconds fetching(std::uint64_t bytes) {
    return std::chrono::seconds(bytes / slowest);
}

Wait usual_wait(Stage stage, const Expectation& expectation) {
    switch (stage) {
        case Stage::firmware:
            return {Stage::loader, to_loader};
        case Stage::loader:
            return {Stage::script, to_script};
        case Stage::script:
            return {Stage::kernel, to_file + fetching(expectation.kernel)};
        case Stage::kernel:
            if (expectation.initrds > 0) return {Stage::initrd, to_file + fetching(expectation.initrds)};
            [[fallthrough]];
        case Stage::initrd:
            if (expectation.root > 0) return {Stage::root, to_root + fetching(expectation.root)};
            [[fallthrough]];
        case Stage::root:
            if (expectation.installs) return {Stage::installing, to_installing};
            return {Stage::up, to_up_from_files};
        case Stage::installing:
            return {Stage::installed, to_installed};
        default:
            if (expectation.installs) return {Stage::installing, to_installing};
            return {Stage::up, to_up_from_system};
    }
}

/// The longest that an earlier boot took from one of the stages to the other.
std::optional<Milliseconds> longest_before(const HostState& host, Stage from, Stage to) {
    std::optional<Milliseconds> longest;
    for (const auto& boot : host.boots) {
        const auto start = boot.stages.find(from);
        const auto end = boot.stages.find(to);
        if (&boot == host.current() || start == boot.stages.end() || end == boot.stages.end()) continue;
        longest = std::max(longest.value_or(0ms), end->second - start->second);
    }
    return longest;
}

std::string megabytes(std::uint64_t bytes) {
    return fmt::format("{:.1f}", static_cast<double>(bytes) / 1e6);
}

bool whole(const FileProgress& progress) {
    return progress.sent >= progress.size;
}

/// "kernel and initrd", of what came whole.
std::string fetched(const Boot& boot) {
    std::vector<std::string> names;
    for (const auto& [name, progress] : boot.bytes) {
        if (whole(progress)) names.push_back(name);
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

/// Two boots ended without coming up, after the same files of the same image, and now a third has come as far.
bool goes_round(const HostState& host) {
    if (host.current() == nullptr || host.boots.size() < 3 || host.boots[1].bytes.empty()) return false;
    const auto& now = host.boots[0];
    const auto alike = [&now](const Boot& boot) {
        const bool came_up = boot.stages.contains(Stage::up) || boot.stages.contains(Stage::installed);
        return !came_up && boot.image == now.image && boot.bytes == now.bytes;
    };
    return alike(host.boots[1]) && alike(host.boots[2]);
}

std::string silence_of(const HostState& host) {
    const auto* boot = host.current();
    if (boot == nullptr) {
        if (host.stage == Stage::loader)
            return "the loader was fetched and never asked for its script: it has no network, or was told of another "
                   "server";
        return fmt::format(
            "its firmware asked {} and fetched nothing of ours: it took another server's answer, or we "
            "cannot be reached (musterd doctor looks for both)",
            host.offers == 1 ? "once" : fmt::format("{} times", host.offers));
    }
    for (const auto& [name, progress] : boot->bytes) {
        if (!whole(progress)) {
            return fmt::format("{}: {} of {} MB fetched, then nothing", name, megabytes(progress.sent),
                               megabytes(progress.size));
        }
    }
    if (host.stage == Stage::script) return "it has its script and fetched nothing";
    if (host.stage == Stage::installing) return "it began to install and did not say that it is done";
    if (host.stage == Stage::system) return "its system runs and did not say that it is up";
    return fmt::format("fetched whole: {}; then nothing was heard of it", fetched(*boot));
}

}  // namespace

std::optional<Wait> waiting_for(const HostState& host, const Expectation& expectation) {
    if (host.stage == Stage::none || host.stage >= Stage::installed) return std::nullopt;
    const bool seen_last = host.current() != nullptr && expectation.last && host.stage >= *expectation.last;
    if (seen_last && !expectation.limits.contains(Stage::up)) return std::nullopt;
    auto wait = usual_wait(host.stage, expectation);
    if (const auto longest = longest_before(host, host.stage, wait.awaited))
        wait.limit = std::max(wait.limit / 2, 3 * *longest);
    if (const auto told = expectation.limits.find(wait.awaited); told != expectation.limits.end())
        wait.limit = told->second;
    return wait;
}

std::optional<std::string> lateness(const HostState& host, const Expectation& expectation, base::Time now) {
    if (host.condition != Condition::ok) return std::nullopt;
    const auto wait = waiting_for(host, expectation);
    if (!wait) return std::nullopt;
    if (goes_round(host)) {
        return fmt::format(
            "it goes round: two boots before this one ended without coming up, after the same files "
            "({}): the image does not start on it, or it has too little memory",
            fetched(*host.current()));
    }
    // A time that is yet to come was written before the clock was set back.
    const bool to_come = host.since > now;
    const auto waited = now - (to_come ? expectation.not_before : std::max(host.since, expectation.not_before));
    if (waited <= wait->limit) return std::nullopt;
    return fmt::format("{}; {} is awaited since {}, and {} is allowed", silence_of(host), to_string(wait->awaited),
                       base::humanize(waited), base::humanize(wait->limit));
}

}  // namespace musterd::boots
