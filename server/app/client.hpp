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
    };
    /// The error says that no server runs there, and how to start one.
    [[nodiscard]] base::Result<Answer> get(const std::string& target) const;
    /// The same for what changes something; without a body.
    [[nodiscard]] base::Result<Answer> post(const std::string& target) const;

    /// Reads server-sent events and calls `take` with each one's data until it says false. Waits at most `patience`
    /// for each piece (the server sends a comment every 15 s), and not beyond `deadline`; at it, an error with
    /// ETIMEDOUT.
    using Deadline = std::optional<std::chrono::steady_clock::time_point>;
    [[nodiscard]] base::Result<void> follow(const std::string& target, Deadline deadline,
                                            const std::function<bool(std::string_view data)>& take) const;

private:
    [[nodiscard]] base::Result<Answer> ask(bool post, const std::string& target) const;

    SocketPath socket_;
};

/// What is wrong with an answer that is not 2xx: the "error" of its JSON, else its text.
std::string error_of(const Client::Answer& answer);

}  // namespace musterd::app
