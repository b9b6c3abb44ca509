#pragma once

#include "server/api/api_router.hpp"
#include "server/api/event_stream.hpp"
#include "server/api/site.hpp"

namespace musterd::api {

/// /api/v1/events: a page of the journal, or a stream that goes on.
void add_event_routes(ApiRouter& routes, const Site& site, EventStreams& streams);

}  // namespace musterd::api
