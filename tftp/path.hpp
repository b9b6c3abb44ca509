#pragma once

#include "server/base/result.hpp"

#include <string>
#include <string_view>

namespace musterd::tftp {

/// Makes a relative path of the name a client asked for, in this order: stop at NUL; strip trailing 0xFF and control
/// bytes (DHCP servers and ROMs append them); '\' is '/'; drop a leading "tftp://SERVER/"; drop empty and "."
/// segments, leading '/' with them. Nothing is percent-decoded.
///
/// Errors: EACCES for a ".." segment; ENOENT for an empty name and for one that no file of ours can have (control
/// bytes inside, not UTF-8), so that what is logged and journalled is always text. Links are the resolver's matter.
base::Result<std::string> clean_path(std::string_view asked);

}  // namespace musterd::tftp
