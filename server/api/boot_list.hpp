#pragma once

#include "http/message.hpp"
#include "server/api/site.hpp"

namespace musterd::api {

/// /api/v1/boots: boots of one host, or of all, newest first, with how long each stage took.
http::Response boot_list(const Site& site, const http::Request& request);

}  // namespace musterd::api
