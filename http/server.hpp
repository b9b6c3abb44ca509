#pragma once

#include "http/limits.hpp"
#include "http/message.hpp"
#include "http/tls_identity.hpp"
#include "server/base/result.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace musterd::http {

/// Gives an error that the server itself answers the form that others have under this path. On a pool thread.
using Dress = std::function<Response(std::string_view path, Response error)>;

/// Listens, and answers with one handler. All functions may be called from any thread; the work runs on `pool`, an
/// executor of an io_context that a few threads run (sendfile(2) of a file that is not in memory blocks its thread, so
/// never on the control thread). Each connection has a strand of its own.
///
/// The process must ignore SIGPIPE: sendfile(2) has no MSG_NOSIGNAL.
///
/// To stop: finish(), wait a while for connections() to become 0, cut(), let the pool's threads run out of work. Only
/// then destroy what the handler refers to; destroying the Server alone is a cut().
class Server {
public:
    Server(boost::asio::any_io_executor pool, Handler handler, Limits limits = {}, Dress dress = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Numeric address, or "" for every address of both families ([::], else 0.0.0.0 where there is no IPv6). Port 0
    /// lets the kernel choose. The error names address and port, and what to do about EADDRINUSE and EACCES.
    base::Result<void> listen_tcp(const std::string& address, std::uint16_t port);
    /// The same for HTTPS.
    base::Result<void> listen_tls(const std::string& address, std::uint16_t port,
                                  std::shared_ptr<TlsIdentity> identity);
    /// Replaces a socket file that nobody listens on; refuses when somebody does, or when `path` is another kind of
    /// file. The file gets `mode` before the first connection can be made.
    base::Result<void> listen_unix(const std::string& path, unsigned mode);
    /// Port of the first listen_tcp() and listen_tls(), 0 before it.
    [[nodiscard]] std::uint16_t tcp_port() const;
    [[nodiscard]] std::uint16_t tls_port() const;

    /// Starts to accept on what is listened on.
    void start();
    /// No new connections, no further request on open ones; responses that are under way run to their end.
    void finish();
    /// Closes every connection now.
    void cut();
    [[nodiscard]] std::size_t connections() const;
    /// Large bodies that were answered with 503, since the start.
    [[nodiscard]] std::uint64_t refused_downloads() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace musterd::http
