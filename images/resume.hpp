#pragma once

#include "server/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace musterd::images {

/// What an earlier attempt has left of a download.
struct Held {
    std::uint64_t bytes = 0;
    std::string
        validator;  ///< entity tag, strong, or Last-Modified, as If-Range wants it (RFC 9110 13.1.5); may be empty
    std::optional<std::uint64_t> size;  ///< of the whole, if the server said it

    bool operator==(const Held&) const = default;
};

/// What of a response's head matters for a download.
struct ResponseHead {
    unsigned status = 0;
    std::string etag;
    std::string last_modified;
    std::string content_range;
    std::optional<std::uint64_t> content_length;
};

/// What to do with the body of a response.
struct Continuation {
    enum class Action {
        append,      ///< behind what is held
        start_over,  ///< it is the whole: what is held goes
        complete,    ///< all is held already
        ask_again,   ///< what is held is of no use, and this answer neither
        wait,        ///< the server cannot now
        refuse,
    };
    Action action = Action::refuse;
    std::string reason;  ///< of the last three
    Held held;           ///< for append and start_over: validator and size of what is to come, bytes to begin at

    bool operator==(const Continuation&) const = default;
};

/// RFC 9110 14 and 15 for a GET that had `Range: bytes=<held.bytes>-` and If-Range when something was held, and neither
/// when not.
Continuation continuation(const Held& held, const ResponseHead& head);

/// "bytes 5-9/10" or "bytes */10": first byte (0 when there is none) and size of the whole. RFC 9110 14.4.
struct ContentRange {
    std::optional<std::uint64_t> first;
    std::uint64_t last = 0;
    std::optional<std::uint64_t> size;

    bool operator==(const ContentRange&) const = default;
};
std::optional<ContentRange> parse_content_range(std::string_view text);

}  // namespace musterd::images
