#pragma once

#include "profiles/webhook.hpp"
#include "server/base/result.hpp"

#include <atomic>
#include <string>

namespace musterd::app {

/// One message, signed and sent. Blocks for 10 s at the most, and ends early when `stop` is set. TLS is verified, a
/// redirection is a failure: what is signed for one server is not for another. The error says what went wrong.
base::Result<void> post_webhook(const profiles::Webhook& webhook, const std::string& id, const std::string& body,
                                const std::atomic<bool>& stop);

}  // namespace musterd::app
