#pragma once

#include "images/resume.hpp"
#include "server/base/bytes.hpp"

#include <chrono>
#include <functional>

namespace musterd::images {

/// How long a server may keep us waiting.
struct FetchPatience {
    std::chrono::seconds connect{20};
    std::chrono::seconds stall{30};               ///< without a byte
    std::chrono::milliseconds first_pause{1000};  ///< between attempts; doubled each time
    int attempts = 4;                             ///< in a row that bring nothing new
};

/// How one request ended.
struct FetchEnd {
    enum class How {
        done,     ///< the body came whole
        stopped,  ///< the sink wanted no more
        broken,   ///< cut off, stalled, refused to connect: another attempt may go better
        hopeless  ///< redirected in a loop, no such host, a certificate that is not trusted
    };
    How how = How::broken;
    std::string reason;
};

/// Where a response goes. Both give false to end the request.
struct FetchSink {
    std::function<bool(const ResponseHead&)> head;  ///< once, before the body; not of redirections
    std::function<bool(base::ByteView)> body;
};

/// One GET through libcurl, with Range and If-Range when something is held. Follows five redirections, from https only
/// to https. Blocks.
FetchEnd fetch(const std::string& url, const Held& held, const FetchPatience& patience, const FetchSink& sink);

}  // namespace musterd::images
