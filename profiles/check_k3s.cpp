#include "profiles/check.hpp"

#include <fmt/format.h>

namespace musterd::profiles {

void check_k3s(const Written& written, const Plans& plans, base::Diagnostics& problems) {
    for (const auto& each : written.hosts) {
        const auto plan = plans.plans.find(each.host.profile);
        if (plan == plans.plans.end() || (!plan->second.k3s && !each.host.k3s)) continue;
        auto k3s = plan->second.k3s.value_or(K3s{});
        if (each.host.k3s) k3s.lay_over(*each.host.k3s);
        const auto why = problem_of(k3s);
        if (!why.empty()) problems.error(each.profile_at, fmt::format("{}: {}", each.path, why));
    }
}

}  // namespace musterd::profiles
