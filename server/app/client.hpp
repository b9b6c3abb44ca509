#pragma once

#include "server/app/socket_path.hpp"
#include "server/base/result.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace musterd::app {

/// Speaks HTTP to a running server over its Unix socket. Blocking: for commands, never for the server.
class Client {
public:
    explicit Client(SocketPath socket) : socket_(std::move(socket)) {}

    struct Answer {
        unsigned status = 0;
        std::string body;
        std::string next;  ///< where the next page is, if there is one (RFC 8288)
    };
    /// The error says that no server runs there, and how to start one.
    [[nodiscard]] base::Result<Answer> get(const std::string& target) const;
    /// The same with another method; `json` is the request's body, if it is not empty.
    [[nodiscard]] base::Result<Answer> ask(const std::string& method, const std::string& target,
                                           const std::string& json = {}) const;

    /// Reads server-sent events and calls `take` with each one's data until it says false. Waits at most `patience`
    /// for each piece (the server sends a comment every 15 s), and not beyond `deadline`; at it, an error with
    /// ETIMEDOUT.
    using Deadline = std::optional<std::chrono::steady_clock::time_point>;
    [[nodiscard]] base::Result<void> follow(const std::string& target, Deadline deadline,
                                            const std::function<bool(std::string_view data)>& take) const;

private:
    SocketPath socket_;
};

/// What is wrong with an answer that is not 2xx: the detail of its problem (RFC 9457), else its text.
std::string error_of(const Client::Answer& answer);

/// A word as part of a target: a host's name, a query's value (RFC 3986 2.1).
std::string escaped(std::string_view word);

}  // namespace musterd::app
