#pragma once

#include "http/message.hpp"
#include "server/base/clock.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

namespace musterd::http {

/// What the connection adds to a handler's answer.
struct Circumstances {
    bool http_1_0 = false;  ///< the client knows no chunked coding and no persistent connection
    bool close = false;     ///< this is the last answer on the connection
    base::Time now;         ///< for Date
};

/// What is to be sent: the text of status line and fields, then the body as it is (the slice is cut to the range, the
/// string too; empty for HEAD).
struct Plan {
    unsigned status = 200;
    std::string head;
    std::variant<std::string, base::FileSlice, std::shared_ptr<Stream>> body;
    bool chunked = false;      ///< the Stream goes in chunked coding, else up to the end of the connection
    bool close = false;        ///< the connection ends after the body
    bool delivers = false;     ///< the handler's own body, or a range of it, is sent: on_end is due
    std::uint64_t offset = 0;  ///< for Delivery
    std::uint64_t size = 0;    ///< for Delivery; 0 for a Stream
    std::uint64_t total = 0;   ///< for Delivery; 0 for a Stream
};

/// Makes of a handler's answer what HEAD, the conditions, the range and the protocol version ask for. Always with
/// Content-Length but for a Stream; never a redirect of its own. Takes response.body, leaves response.on_end.
Plan plan_response(const Request& request, Response& response, const Circumstances& circumstances);

}  // namespace musterd::http
