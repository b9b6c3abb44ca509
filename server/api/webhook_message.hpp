#pragma once

#include "server/base/event.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::api {

/// The stage or condition that an event brings its host to, if it is one of `wanted`. By the event alone: after a
/// restart the journal says the same again.
std::optional<std::string> concern(const base::Event& event, const std::vector<std::string>& wanted);

/// What is sent: `{"id", "type": "host.up", "timestamp", "data": EVENT}`.
std::string webhook_body(const base::Event& event, std::string_view concern);

/// The message's id, the same at each attempt, so that its receiver can tell it from others.
std::string webhook_id(const base::Event& event);

/// "v1,BASE64": HMAC-SHA256 of "ID.TIMESTAMP.BODY", as standardwebhooks.com has it (the header webhook-signature), so
/// that receivers find a library for it. `timestamp`: whole seconds since 1970. A secret that begins with "whsec_" is
/// base64, any other is taken as it is.
std::string webhook_signature(std::string_view secret, std::string_view id, std::string_view timestamp,
                              std::string_view body);

}  // namespace musterd::api
