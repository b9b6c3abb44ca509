#pragma once

#include "server/app/doctor/observations.hpp"

#include <map>

namespace musterd::app::doctor {

/// `sha256sum`'s output: digest by name. Lines that are none are left out.
std::map<std::string, std::string> parse_manifest(std::string_view text);

/// Every file that the manifest lists, every default loader of an architecture and those that a person `chosen`, with
/// whom for, read and compared.
LoadersSeen look_at_loaders(const std::filesystem::path& folder, const std::map<std::string, std::string>& chosen);

}  // namespace musterd::app::doctor
