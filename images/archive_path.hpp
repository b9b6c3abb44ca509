#pragma once

#include "server/base/result.hpp"

#include <string>
#include <string_view>

namespace musterd::images {

/// The path in an image of an entry that an archive calls `written`: without "./" in front and '/' behind; empty for
/// the archive's own root. Errors: absolute, "..", what is_path() does not allow.
base::Result<std::string> entry_path(std::string_view written);

/// What the link at `path` (as entry_path() gives it) leads to when it says `target`, by the words alone. Errors: an
/// absolute target, one that leaves the archive, one that is not a path.
base::Result<std::string> link_target(std::string_view path, std::string_view target);

}  // namespace musterd::images
