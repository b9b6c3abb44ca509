#include "server/app/timeline.hpp"

#include <algorithm>

namespace musterd::app {

std::vector<std::vector<std::string>> timeline(std::vector<std::pair<base::Time, std::string>> stages,
                                               std::size_t bar) {
    std::vector<std::vector<std::string>> rows{{"  STAGE", "TIME", "TOOK", "FROM START"}};
    if (stages.empty()) return rows;
    std::stable_sort(stages.begin(), stages.end(),
                     [](const auto& one, const auto& other) { return one.first < other.first; });
    const auto start = stages.front().first;
    const auto whole = std::max<std::int64_t>((stages.back().first - start).count(), 1);
    const auto column = [&](base::Time time) {
        return static_cast<std::size_t>((time - start).count() * static_cast<std::int64_t>(bar) / whole);
    };
    auto before = start;
    for (const auto& [time, name] : stages) {
        const auto from = column(before);
        const auto length = time == start ? 0 : std::max<std::size_t>(column(time) - from, 1);
        const bool first = time == start;
        rows.push_back({"  " + name, base::to_rfc3339(time).substr(11), first ? "" : base::humanize(time - before),
                        std::string(std::min(from, bar - std::min(bar, length)), ' ') + std::string(length, '#')});
        before = time;
    }
    return rows;
}

}  // namespace musterd::app
