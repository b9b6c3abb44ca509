#pragma once

#include "profiles/identity.hpp"
#include "server/base/result.hpp"

#include <filesystem>
#include <string>

namespace musterd::api {

/// The bearer token of the API, made (64 hexadecimal digits, mode 0600) when the file is not there.
base::Result<std::string> load_token(const std::filesystem::path& file);

/// The key that all hosts' identities come from, made likewise. `made`, if given, is told whether it is a new one.
base::Result<profiles::SiteKey> load_site_key(const std::filesystem::path& file, bool* made = nullptr);

}  // namespace musterd::api
