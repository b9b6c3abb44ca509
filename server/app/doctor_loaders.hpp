#pragma once

#include "server/app/doctor_observations.hpp"

#include <map>

namespace musterd::app::doctor {

/// `sha256sum`'s output: digest by name. Lines that are none are left out.
std::map<std::string, std::string> parse_manifest(std::string_view text);

/// Every file that the manifest lists and every default loader of an architecture, read and compared.
LoadersSeen look_at_loaders(const std::filesystem::path& folder);

}  // namespace musterd::app::doctor
