#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace musterd::http {

enum class Precondition {
    proceed,       ///< answer as if there were no condition
    not_modified,  ///< 304
    failed         ///< 412
};

/// If-Match, then If-None-Match, in the order of RFC 9110 13.2.2, for GET and HEAD of something that exists. `etag` is
/// its entity tag as it is sent, quotes and all, empty if it has none. The date conditions never apply: a slice
/// carries no time, and a recipient without one must ignore them (13.1.3, 13.1.4).
Precondition evaluate_preconditions(const Request& request, std::string_view etag);

/// Whether Range counts (RFC 9110 13.1.5): no If-Range, or one with our entity tag, compared strongly. A date never
/// matches.
bool range_applies(const Request& request, std::string_view etag);

/// `tag` in quotes; empty where it is empty or has characters that an entity tag may not have (RFC 9110 8.8.3).
std::string quote_etag(std::string_view tag);

}  // namespace musterd::http
