#pragma once

#include "http/message.hpp"
#include "server/base/fd.hpp"
#include "server/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace musterd::http {

/// Sockets that listen, and what an accepted one tells: system calls without Asio. See Server for the rules.
base::Result<base::Fd> open_tcp_listener(const std::string& address, std::uint16_t port);
base::Result<base::Fd> open_unix_listener(const std::string& path, unsigned mode);

/// Port that a TCP socket is bound to, 0 if none.
std::uint16_t bound_port(const base::Fd& socket);

/// The two ends of an accepted connection, as a Request shows them.
struct Ends {
    int family = 0;
    std::string peer;
    std::string local;
    std::uint16_t local_port = 0;
    bool tls = false;
    std::optional<PeerCredentials> credentials;
};
Ends identify(const base::Fd& socket);

/// Takes the next waiting connection, non-blocking and without delay for small packets (TCP_NODELAY). The error's code
/// is that of accept4(2); EAGAIN where none waits.
base::Result<base::Fd> accept_from(int listener);

}  // namespace musterd::http
