#pragma once

#include "server/api/api_router.hpp"

namespace musterd::api {

/// /api/v1/tokens, for role admin: who may use the API. A token is shown once, to the one who has it made.
void add_token_routes(ApiRouter& routes, Guard& guard);

}  // namespace musterd::api
