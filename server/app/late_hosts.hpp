#pragma once

#include "server/api/site.hpp"

namespace musterd::app {

/// Records host_late for every host that has not shown in time what it has to. Hosts that boot no image of ours are
/// never late. `not_before`: since when this server listens.
void note_late_hosts(api::Site& site, base::Time now, base::Time not_before);

}  // namespace musterd::app
