#pragma once

#include "http/channel.hpp"

#include <memory>

struct ssl_ctx_st;

namespace musterd::http {

/// Bytes in TLS records, as server. OpenSSL reads and writes the socket itself, without Asio's buffers between: what a
/// call wants to wait for it says, as sendfile(2) does. Files are read and encrypted piece by piece.
std::unique_ptr<Channel> tls_channel(ssl_ctx_st& context, int socket);

}  // namespace musterd::http
