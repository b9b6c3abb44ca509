#pragma once

#include "server/api/site.hpp"

#include <string>
#include <vector>

namespace musterd::api {

/// The events (1000 at the most) of the last boot of `who`, from the moment when its firmware was first heard, in
/// order. `who`: a host's name, or a MAC, of a host or of a machine that none names. ENOENT: nothing was ever seen of
/// it.
base::Result<std::vector<base::Event>> last_boot_of(const Site& site, const std::string& who);

}  // namespace musterd::api
