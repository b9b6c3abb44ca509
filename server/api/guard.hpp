#pragma once

#include "http/message.hpp"
#include "server/api/failures.hpp"
#include "server/api/tokens.hpp"

#include <cstdint>
#include <optional>

namespace musterd::api {

/// Who may use /api, and for what: on the Unix socket root and the server's own user may everything, elsewhere who has
/// a token (RFC 6750 2.1) what its role allows. On the control thread.
class Guard {
public:
    Guard(Tokens tokens, std::uint32_t own_uid) : tokens_(std::move(tokens)), own_uid_(own_uid) {}

    /// Nothing when the request may do what needs this role. Else the answer: 401 without a token or with a wrong one,
    /// 403 with one of a lesser role, 429 for an address that was wrong too often (Retry-After), whatever it sends now.
    [[nodiscard]] std::optional<http::Response> refusal(const http::Request& request, Role needed, base::Tick now);

    /// Whose request it is that was not refused.
    [[nodiscard]] TokenInfo holder(const http::Request& request) const;

    [[nodiscard]] Tokens& tokens() { return tokens_; }

private:
    Tokens tokens_;
    std::uint32_t own_uid_;
    Failures failures_;
};

}  // namespace musterd::api
