#pragma once

#include "http/router.hpp"
#include "server/api/boot_file.hpp"
#include "server/api/deliveries.hpp"
#include "server/api/site.hpp"

namespace musterd::api {

/// The routes under /boot and /images. Each is called on the control thread.
void add_boot_routes(http::Router& router, Site& site, const Post& to_control);

}  // namespace musterd::api
