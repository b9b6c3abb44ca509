#pragma once

#include "profiles/written.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace musterd::profiles {

using PlansByName = std::map<std::string, Plan, std::less<>>;

struct Plans {
    PlansByName plans;
    /// Profiles that are written but wrong: hosts that use them need no message of their own.
    std::set<std::string, std::less<>> broken;
};

/// Every profile with all that it inherits: of `image` and `args` the nearest counts, tables of variables are laid
/// over each other. Reports names taken twice or built in, parents that there are not or not yet, and circles.
Plans make_plans(const std::vector<WrittenProfile>& profiles, base::Diagnostics& problems);

/// Its profile's plan, with what [[machines]] itself says over it.
Plan plan_of(const WrittenRule& rule, const Plan& profile);

}  // namespace musterd::profiles
