#pragma once

#include "profiles/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace musterd::profiles {

/// What the names in a kernel argument stand for, besides the host's and the plan's variables.
struct BootFacts {
    base::Mac mac;             ///< of the interface that boots: host.mac
    std::string image_name;    ///< image.name
    std::string image_digest;  ///< image.digest
};

/// The names that a kernel argument may use besides vars.NAME.
const std::vector<std::string_view>& argument_names();

/// The plan's arguments for this machine, in order, each as the kernel's parser takes it: one that has a space from a
/// variable in it comes out as name="value". `host` is null for a machine that no host names; its host.name is then
/// its MAC with hyphens. Cannot fail: load() has checked every plan with every host that uses it.
std::vector<std::string> kernel_arguments(const Plan& plan, const Host* host, const BootFacts& facts);

}  // namespace musterd::profiles
