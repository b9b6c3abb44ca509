// http: an HTTP/1.1 server for boot files, an API and event streams. Files go from the page cache to the socket
// (sendfile) without passing through this process; one slow or vanished client holds nothing but its own connection.
//
// It is not: a client, HTTP/2, compression, multipart ranges, chunked request bodies (411), a file tree (handlers
// open files and give slices).
//
// Specs: RFC 9110 (semantics: conditionals 13, ranges 14), RFC 9112 (HTTP/1.1 on the wire), RFC 3986 (targets), RFC
// 8446 (TLS, by OpenSSL). Clients that shaped it: EDK2 HttpBootDxe (HEAD first, no redirects, exact media types), iPXE
// core/http (pooled connections, Retry-After), GRUB net/http.c (case-sensitive Content-Length, open-ended ranges, ends
// with RST), U-Boot wget (1.0).
//
// Reading order: message.hpp, router.hpp, head.hpp (what is said), server.hpp, session.cpp (how it is sent).
#pragma once

#include "server/base/clock.hpp"
#include "server/base/fd.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace musterd::http {

/// Who is at the other end of a Unix socket (unix(7), SO_PEERCRED).
struct PeerCredentials {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int32_t pid = 0;
};

/// One request, whole: a handler never waits for more of it.
struct Request {
    std::string method;  ///< as sent: methods are case-sensitive (RFC 9110 9.1)
    /// Percent-decoded, starts with '/', no empty or "." segments but for a trailing slash; a target with ".." or NUL
    /// was answered 400 before any handler saw it.
    std::string path;
    std::map<std::string, std::string> query;    ///< decoded, '+' is a space; the first of equal names wins
    std::map<std::string, std::string> headers;  ///< names in lower case; repeated fields joined by ", "
    std::string body;                            ///< of POST, PUT, PATCH and DELETE, at most Limits::body bytes
    std::string peer;                            ///< address as text, v4-mapped shown as IPv4; empty on a Unix socket
    std::string local;                           ///< our address that the client reached; empty on a Unix socket
    std::uint16_t local_port = 0;
    bool tls = false;                            ///< came by TLS
    std::optional<PeerCredentials> credentials;  ///< on a Unix socket only

    /// Value of a header or query parameter, empty if there is none. Header `name` in lower case.
    [[nodiscard]] std::string_view header(const std::string& name) const;
    [[nodiscard]] std::string_view parameter(const std::string& name) const;
};

/// A body that is made while it is sent (events). The server pulls: it asks for the next chunk when the last one was
/// taken by the kernel, so a slow client slows its own source only.
class Stream {
public:
    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    virtual ~Stream();

    /// Calls `chunk` once, now or later, from any thread: with text (empty text is allowed and sends nothing), or with
    /// nothing at the end of the body. Not called again before `chunk` was called.
    virtual void next(std::function<void(std::optional<std::string>)> chunk) = 0;
    /// The client went away, or only asked for the head: no next() follows. A pending `chunk` may be dropped.
    virtual void closed() = 0;
};

/// How the sending of a body ended. `sent` counts what the kernel took, less what the client had not acknowledged when
/// it left.
struct Delivery {
    std::uint64_t sent = 0;
    std::uint64_t size = 0;    ///< bytes that were to be sent: of the range, if one was asked; of a Stream: sent
    std::uint64_t offset = 0;  ///< where the range starts in the file
    std::uint64_t total = 0;   ///< bytes of the whole file
    /// The client has acknowledged the last byte of `size`: for a range that is not of the whole file (compare with
    /// total).
    bool complete = false;
    std::chrono::milliseconds took{0};  ///< from the start of the answer to the last acknowledgement
    std::string reason;                 ///< why it is not complete; empty if it is
    std::uint64_t unacknowledged = 0;   ///< bytes the kernel took beyond `sent`, or of it if complete (Limits::silence)
};

/// What a handler answers to GET; the server makes of it the answers to HEAD, Range and If-….
/// For status 200 to GET and HEAD, the body is a representation that ranges and conditionals apply to; its entity tag
/// is the slice's, or an "ETag" among `headers`.
struct Response {
    unsigned status = 200;
    std::string content_type;  ///< empty: by the suffix of the request's path (content_type.hpp)
    /// When the body was changed last, for Last-Modified and the conditions that name a date.
    std::optional<base::Time> modified;
    /// Beside Content-Length, Content-Range, Transfer-Encoding, Connection, Date and Server, which are the server's.
    std::vector<std::pair<std::string, std::string>> headers;
    std::variant<std::string, base::FileSlice, std::shared_ptr<Stream>> body;
    /// Called once on a pool thread when the client has acknowledged the body, or left. Not called for HEAD, nor where
    /// the server answered 304, 412 or 416 instead.
    std::function<void(const Delivery&)> on_end;
};

/// Gives the answer: from any thread, once (later calls do nothing). Dropping every copy uncalled answers 500. May be
/// called or dropped when the connection, the server or the pool is long gone.
using Respond = std::function<void(Response)>;
/// Called on a pool thread, for different connections at once. An exception answers 500.
using Handler = std::function<void(Request, Respond)>;

/// A short body made at run time.
Response text(unsigned status, std::string body, std::string content_type = "text/plain; charset=utf-8");
/// An error for a person: `why` as a line of plain text.
Response problem(unsigned status, const std::string& why);

/// "Not Found" for 404; "Unknown" for a status that RFC 9110 and its kin do not name.
std::string_view reason_phrase(unsigned status);

}  // namespace musterd::http
