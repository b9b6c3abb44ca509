#include "profiles/check.hpp"
#include "profiles/kernel_line.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::profiles {

namespace {

const Plan* installing_plan(const Plans& plans, const std::string& profile) {
    const auto found = plans.plans.find(profile);
    return found != plans.plans.end() && found->second.installs ? &found->second : nullptr;
}

/// Whether what answers its installer is ours: what a person wrote is his business.
bool answers_are_ours(const Plan& plan, const Host& host) {
    for (const auto part : {&SeedFiles::preseed, &SeedFiles::autoinstall, &SeedFiles::bf_cfg}) {
        const auto& own = host.seed.*part ? host.seed.*part : plan.seed.*part;
        if (own) return own->built_in;
    }
    return false;
}

}  // namespace

void check_installs(const Written& written, const Plans& plans, base::Diagnostics& problems) {
    if (installing_plan(plans, written.config.config.dhcp.unknown_hosts) != nullptr) {
        problems.error(written.config.unknown_hosts,
                       fmt::format("dhcp.unknown_hosts: profile \"{}\" installs, and would write the disk of every "
                                   "machine that asks: name the hosts, or say in [[machines]] which it is for",
                                   written.config.config.dhcp.unknown_hosts));
    }
    constexpr std::array<std::string_view, 2> ways_in{"vars.ssh_keys", "vars.root_password_hash"};
    for (const auto& each : written.hosts) {
        const auto* plan = installing_plan(plans, each.host.profile);
        if (plan == nullptr || !answers_are_ours(*plan, each.host)) continue;
        const bool has_way_in = std::any_of(ways_in.begin(), ways_in.end(), [&](std::string_view name) {
            return variable(name, *plan, &each.host) != nullptr;
        });
        if (has_way_in) continue;
        problems.warning(each.vars_at, fmt::format("{}: nobody can log in to what profile \"{}\" installs on it: set "
                                                   "vars.ssh_keys (a list) or vars.root_password_hash",
                                                   each.path, each.host.profile));
    }
}

}  // namespace musterd::profiles
