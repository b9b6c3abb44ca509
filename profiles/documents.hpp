#pragma once

#include "profiles/lookup.hpp"

#include <set>
#include <string>

namespace musterd::profiles {

/// The files beside the configuration's own that it is made of: what seeds and secrets name. Each once.
std::set<std::string> documents(const Configuration& configuration);

}  // namespace musterd::profiles
