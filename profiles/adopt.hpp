#pragma once

#include "profiles/load.hpp"
#include "server/base/address.hpp"
#include "server/base/result.hpp"

#include <filesystem>
#include <string>

namespace musterd::profiles {

/// A machine that is to become a host.
struct Adoption {
    base::Mac mac;
    std::string name;
    std::string profile;
    std::string file = "adopted.toml";  ///< in the folder of hosts
};

/// Adds a [[host]] to the file, behind what stands there, if the configuration is good with it; returns the file. A
/// server that runs takes it up by itself. EINVAL: what is wrong with it, as one text for a person.
base::Result<std::filesystem::path> adopt(const std::filesystem::path& config_file, IfMissing if_missing,
                                          const Adoption& adoption);

}  // namespace musterd::profiles
