#pragma once

#include "server/base/bytes.hpp"
#include "server/base/result.hpp"
#include "tftp/packet.hpp"

#include <string>
#include <variant>

namespace musterd::tftp {

/// Not for us, and not to be answered: an ERROR for an ERROR, or for any stray datagram, could go round for ever.
struct Ignore {
    std::string reason;
};

/// Answer with this ERROR. Never silence: clients wait 24 s and more for a datagram.
struct Refuse {
    ErrorPacket error;
};

/// A file to be read, if there is such a file.
struct Serve {
    FileRequest request;
    std::string path;  ///< cleaned
};

using Decision = std::variant<Ignore, Refuse, Serve>;

/// What to do about a datagram that came to the well-known port.
Decision decide(base::ByteView datagram);

/// What the client is told when no file came of its request.
Refuse refusal(const base::Error& error);

}  // namespace musterd::tftp
