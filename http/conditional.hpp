#pragma once

#include "http/message.hpp"
#include "server/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace musterd::http {

enum class Precondition {
    proceed,       ///< answer as if there were no condition
    not_modified,  ///< 304
    failed         ///< 412
};

/// What tells one version of a body from another.
struct Validators {
    std::string etag;                    ///< entity tag as it is sent, quotes and all; empty for none
    std::optional<base::Time> modified;  ///< compared by whole seconds, as it is sent
    base::Time now;                      ///< for the century of dates with two digits
};

/// If-Match or, without it, If-Unmodified-Since; then If-None-Match or, without it, If-Modified-Since: in the order of
/// RFC 9110 13.2.2, for GET and HEAD of something that exists. A date condition is ignored where its date is malformed
/// or the body has none (13.1.3, 13.1.4).
Precondition evaluate_preconditions(const Request& request, const Validators& validators);

/// Whether Range counts (RFC 9110 13.1.5): no If-Range, or one with our entity tag, compared strongly, or exactly our
/// date. Clients send only a date that was at least a second old when they got it, which makes it strong (8.8.2.2).
bool range_applies(const Request& request, const Validators& validators);

/// `tag` in quotes; empty where it is empty or has characters that an entity tag may not have (RFC 9110 8.8.3).
std::string quote_etag(std::string_view tag);

}  // namespace musterd::http
