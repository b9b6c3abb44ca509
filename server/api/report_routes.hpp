#pragma once

#include "http/router.hpp"
#include "server/api/site.hpp"

namespace musterd::api {

/// What a machine says of its own boot: POST /boot/BOOTID/up, failed, installed, event. 404 for a boot that there is
/// not, 410 for one whose host has begun anew, 400 for a body that is none, 503 when it cannot be journalled; any 2xx
/// is the receipt, and means that it will be known after a restart too.
void add_report_routes(http::Router& router, Site& site);

}  // namespace musterd::api
