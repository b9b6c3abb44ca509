#pragma once

#include "http/message.hpp"
#include "server/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace musterd::api {

/// The API's bearer token: read from `file`, made there (0600, 256 random bits as hex) when it is missing.
base::Result<std::string> load_token(const std::filesystem::path& file);

/// Who may use /api: on the Unix socket root and the server's own user, elsewhere who has the token (RFC 6750 2.1).
/// Compares in constant time. Empty when allowed, else why not, to be answered with 401.
std::string refusal(const http::Request& request, const std::string& token, std::uint32_t own_uid);

}  // namespace musterd::api
