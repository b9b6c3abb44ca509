#pragma once

#include "server/base/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace musterd::http {

/// What a request asks for, decoded.
struct Target {
    std::string path;                          ///< as Request::path
    std::map<std::string, std::string> query;  ///< as Request::query
};

/// Reads origin-form "/path?query" and absolute-form "http://host/path?query" (RFC 9112 3.2). Everything else, broken
/// percent-encoding, NUL, and ".." as a whole segment (also percent-encoded) is an error that says which.
base::Result<Target> parse_target(std::string_view text);

}  // namespace musterd::http
