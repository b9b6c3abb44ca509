#pragma once

#include "http/channel.hpp"
#include "http/deadline.hpp"
#include "http/limits.hpp"
#include "http/read_ahead.hpp"
#include "server/base/fd.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace musterd::http {

/// The bytes of one connection, TCP or Unix, plain or in TLS: system calls that never block on the network, and waits
/// between them. All on the socket's strand. Functions that return false leave in reason() why the connection cannot go
/// on.
class Connection {
public:
    using Socket = boost::asio::generic::stream_protocol::socket;

    Connection(Socket socket, std::unique_ptr<Channel> channel, const Limits& limits);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// What comes before the first request (of TLS, the handshake), within Limits::handshake.
    boost::asio::awaitable<bool> greet();
    /// Appends what has arrived, at least one byte. False at the end of input, too.
    boost::asio::awaitable<bool> receive(std::string& buffer);

    /// Whether more will be sent right after, so that the kernel need not send half a packet.
    enum class Follows { nothing, body };
    /// Sends both texts; the caller keeps them alive. Gives up when the client takes nothing for Limits::stall.
    boost::asio::awaitable<bool> send(std::string_view first, std::string_view second, Follows follows);
    /// Sends a slice from the page cache; `sent` counts on as the kernel takes bytes.
    boost::asio::awaitable<bool> send_slice(base::FileSlice slice, std::uint64_t& sent);
    /// Waits until the client has acknowledged all that was sent, or all but little, and has fallen silent
    /// (Limits::silence). False where it leaves before that, or acknowledges
    /// nothing for Limits::stall.
    boost::asio::awaitable<bool> acknowledged();
    /// Says that nothing follows what was sent.
    void end();

    /// Says that we are done, and reads what the client still sends, for Limits::linger at most: closing a socket with
    /// unread input resets the connection, and the client may lose the answer that it was sent (RFC 9112 9.6).
    boost::asio::awaitable<void> linger();

    /// Calls `left` on the strand if the client closes its end while we are not receiving. Input stops the watch.
    void watch_departure(std::function<void()> left);
    void end_watch();

    /// Bytes that the kernel took and the client has not acknowledged (tcp(7), SIOCOUTQ); after close() those that
    /// never were.
    [[nodiscard]] std::uint64_t unacknowledged();

    [[nodiscard]] Deadline& deadline() { return deadline_; }
    [[nodiscard]] bool timed_out() const { return timed_out_; }
    [[nodiscard]] const std::string& reason() const { return reason_; }
    [[nodiscard]] const boost::asio::any_io_executor& strand() const { return strand_; }
    void close();

private:
    [[nodiscard]] std::uint64_t queued(unsigned long request);
    [[nodiscard]] std::uint64_t unsent();
    enum class Step { done, again, wait_read, wait_write, give_way, pause, failed };
    boost::asio::awaitable<bool> wait(Socket::wait_type event);
    boost::asio::awaitable<bool> wait(Step step);
    boost::asio::awaitable<bool> disk(const base::FileSlice& slice, ReadAhead& ahead);
    boost::asio::awaitable<bool> pause(std::chrono::milliseconds time);
    Step after(Moved moved);
    Step send_some(std::string_view& first, std::string_view& second, bool more);
    Step send_turn(base::FileSlice& slice, ReadAhead& ahead, std::uint64_t& sent);
    [[nodiscard]] bool reset_by_client();
    void deadline_passed();
    void watch_on();

    boost::asio::any_io_executor strand_;
    Socket socket_;
    std::unique_ptr<Channel> channel_;
    const Limits& limits_;
    boost::asio::steady_timer pause_;
    std::uint64_t never_acknowledged_ = 0;
    bool ended_ = false;  ///< end() was said
    bool timed_out_ = false;
    std::string reason_;
    std::shared_ptr<std::function<void()>> watch_;
    Deadline deadline_;
};

}  // namespace musterd::http
