#pragma once

#include "server/api/api_router.hpp"
#include "server/api/site.hpp"

namespace musterd::api {

/// What machines said beside their boots' events: their last DHCP packets and the lines of their consoles.
void add_record_routes(ApiRouter& routes, const Site& site);

}  // namespace musterd::api
