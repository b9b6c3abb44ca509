#pragma once

#include "server/api/site.hpp"

#include <string>

namespace musterd::api {

/// What a person wants to see before a machine does.
struct RenderQuestion {
    std::string host;
    std::string what;        ///< "script" (iPXE's), "grub", "overlay", or a document of the seed
    std::string server_url;  ///< http://S:PORT as the machine would reach us
    bool secrets = false;    ///< as they are; else "«secret»" in their place
    bool as_new = false;     ///< as if the host had never installed anything
};

/// Exactly what the host would be served now, but for secrets and the boot id, which is all zeros: nothing is minted or
/// noted. Of the overlay each file, under a line with its path. Errors: EINVAL for a `what` that is none, ENOENT for a
/// host that is none, others as the machine would be told them.
base::Result<std::string> render(Site& site, const RenderQuestion& question);

}  // namespace musterd::api
