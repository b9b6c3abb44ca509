#pragma once

#include "profiles/config.hpp"

#include <span>
#include <string_view>

namespace musterd::profiles {

/// A profile that is there without being written. Those that are known by name but do nothing yet are not `ready`.
struct BuiltIn {
    std::string_view name;
    Action action;
    bool ready;
    std::span<const std::string_view> args = {};  ///< kernel arguments, as a person would write them
};

std::span<const BuiltIn> built_in_profiles();
/// nullptr if there is none of that name.
const BuiltIn* built_in(std::string_view name);

}  // namespace musterd::profiles
