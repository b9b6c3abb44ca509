#pragma once

#include "http/limits.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace musterd::http {

/// Makes one Request of the bytes of a connection (RFC 9112), within limits. Pure: knows no socket. The fields that the
/// connection knows (peer, local, credentials) are left empty.
class RequestParser {
public:
    explicit RequestParser(const Limits& limits);
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    /// Reads on in `bytes`, which begin where the last call stopped; returns how many it needs to see no more.
    std::size_t feed(std::string_view bytes);

    /// The request is whole, or is refused; feed() takes nothing more.
    [[nodiscard]] bool done() const;
    /// Why the request is refused, as the answer to it: 400, 411, 413, 431, 505. The connection cannot go on after it.
    [[nodiscard]] const std::optional<Response>& refusal() const;
    /// The client waits for "100 Continue" before it sends the body (RFC 9110 10.1.1).
    [[nodiscard]] bool awaits_continue() const;
    [[nodiscard]] bool http_1_0() const;
    /// The client wants another request on this connection, and its end of this one is known.
    [[nodiscard]] bool keep_alive() const;

    /// The request has a body that its method gives no meaning; it was left unread.
    [[nodiscard]] bool body_unread() const;

    /// The request, once done. Of one that is refused only method and path count.
    Request take();

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace musterd::http
