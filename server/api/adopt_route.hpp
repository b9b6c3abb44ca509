#pragma once

#include "profiles/adopt.hpp"
#include "server/api/api_router.hpp"

#include <filesystem>
#include <functional>

namespace musterd::api {

/// Writes the host into the configuration, and says where.
using Adopt = std::function<base::Result<std::filesystem::path>(const profiles::Adoption&)>;

/// POST /api/v1/machines/{mac}/adopt, for role admin: makes a machine a host, as `musterd host adopt` does.
void add_adopt_route(ApiRouter& routes, Adopt adopt);

}  // namespace musterd::api
