#pragma once

#include "http/router.hpp"
#include "server/api/adopt_route.hpp"
#include "server/api/event_stream.hpp"
#include "server/api/guard.hpp"
#include "server/api/metrics.hpp"
#include "server/api/site.hpp"

#include <boost/json/object.hpp>

namespace musterd::api {

/// A host as every command and URL shows it: name, macs, profile, image, stage, condition, reason, since, boot.
boost::json::object host_json(const Site& site, const profiles::Host& host);

/// The routes under /api/v1, each for those of a role, /healthz, /metrics, and the page at /. Called on the control
/// thread.
void add_admin_routes(http::Router& router, Site& site, EventStreams& streams, Metrics& metrics, Guard& guard,
                      Adopt adopt);

}  // namespace musterd::api
