#pragma once

#include "http/message.hpp"

#include <cstdint>
#include <string>

namespace musterd::api {

/// Who may use /api: on the Unix socket root and the server's own user, elsewhere who has the token (RFC 6750 2.1).
/// Compares in constant time. Empty when allowed, else why not, to be answered with 401.
std::string refusal(const http::Request& request, const std::string& token, std::uint32_t own_uid);

}  // namespace musterd::api
