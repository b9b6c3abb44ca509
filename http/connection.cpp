#include "http/connection.hpp"

#include "server/base/tasks.hpp"

#include <boost/asio/post.hpp>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace musterd::http {

namespace asio = boost::asio;

Connection::Connection(Socket socket, const Limits& limits)
    : strand_(socket.get_executor()),
      socket_(std::move(socket)),
      limits_(limits),
      deadline_(strand_, [this] { deadline_passed(); }) {
    boost::system::error_code ignored;
    socket_.native_non_blocking(true, ignored);
}

void Connection::deadline_passed() {
    timed_out_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

Connection::Step Connection::fail(std::string reason) {
    reason_ = std::move(reason);
    return Step::failed;
}

/// A client that has what it wants, or is switched off, resets: GRUB ends every file so. That is no error of ours.
Connection::Step Connection::fail_with(int number) {
    if (number == EAGAIN || number == EWOULDBLOCK) return Step::wait;
    if (number == EINTR) return Step::again;
    if (number == EPIPE || number == ECONNRESET) return fail("the client left");
    return fail(base::Error::from_errno("connection", number).message());
}

asio::awaitable<bool> Connection::wait(Socket::wait_type event) {
    if (!timed_out_) {
        const auto [code] = co_await socket_.async_wait(event, base::as_result);
        if (!code) co_return true;
    }
    reason_ = timed_out_ ? "the client moved nothing in time" : "the connection was closed";
    co_return false;
}

Connection::Step Connection::take_input(std::string& buffer) {
    std::array<char, 16 * 1024> bytes;
    const auto count = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0) return fail_with(errno);
    if (count == 0) return fail("the client left");
    buffer.append(bytes.data(), static_cast<std::size_t>(count));
    return Step::done;
}

asio::awaitable<bool> Connection::receive(std::string& buffer) {
    while (true) {
        const auto step = take_input(buffer);
        if (step == Step::done) co_return true;
        if (step == Step::failed) co_return false;
        if (step == Step::again) continue;
        const bool ready = co_await wait(Socket::wait_read);
        if (!ready) co_return false;
    }
}

Connection::Step Connection::send_some(std::string_view& first, std::string_view& second, int flags) {
    std::array<iovec, 2> pieces{};
    std::size_t count = 0;
    for (const auto& text : {first, second}) {
        // sendmsg(2) only reads, but its iovec is the one that readv(2) writes to.
        if (!text.empty()) pieces[count++] = {const_cast<char*>(text.data()), text.size()};
    }
    if (count == 0) return Step::done;
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const auto result = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT | flags);
    if (result < 0) return fail_with(errno);
    const auto taken = static_cast<std::size_t>(result);
    second.remove_prefix(taken - std::min(taken, first.size()));
    first.remove_prefix(std::min(taken, first.size()));
    deadline_.within(limits_.stall);
    return Step::again;
}

asio::awaitable<bool> Connection::send(std::string_view first, std::string_view second, Follows follows) {
    // MSG_MORE is TCP_CORK for one call: the head leaves in one packet with the start of the body, without the two
    // further system calls. TCP_NODELAY sends whatever is left at the end at once.
    const int flags = follows == Follows::body ? MSG_MORE : 0;
    deadline_.within(limits_.stall);
    while (true) {
        const auto step = send_some(first, second, flags);
        if (step == Step::done) co_return true;
        if (step == Step::failed) co_return false;
        if (step == Step::again) continue;
        const bool ready = co_await wait(Socket::wait_write);
        if (!ready) co_return false;
    }
}

/// Sends until the socket is full or the turn is over: on a fast network the socket never fills, and one body would
/// keep its thread from all others.
Connection::Step Connection::send_turn(base::FileSlice& slice, std::uint64_t& sent) {
    std::uint64_t turn = 0;
    while (slice.length > 0) {
        if (turn >= limits_.turn) return Step::give_way;
        auto offset = static_cast<off_t>(slice.offset);
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(slice.length, limits_.chunk));
        const auto count = ::sendfile(socket_.native_handle(), slice.fd->get(), &offset, wanted);
        if (count == 0) return fail("the file is shorter than it was");
        if (count < 0) {
            const auto step = fail_with(errno);
            if (step == Step::again) continue;
            return step;
        }
        const auto moved = static_cast<std::uint64_t>(count);
        slice.offset += moved;
        slice.length -= moved;
        sent += moved;
        turn += moved;
        deadline_.within(limits_.stall);
    }
    return Step::done;
}

asio::awaitable<bool> Connection::send_slice(base::FileSlice slice, std::uint64_t& sent) {
    deadline_.within(limits_.stall);
    while (true) {
        const auto step = send_turn(slice, sent);
        if (step == Step::done) co_return true;
        if (step == Step::failed) co_return false;
        if (step == Step::give_way) {
            co_await asio::post(strand_, base::as_result);
            continue;
        }
        const bool ready = co_await wait(Socket::wait_write);
        if (!ready) co_return false;
    }
}

asio::awaitable<void> Connection::linger() {
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    timed_out_ = false;
    deadline_.within(limits_.linger);
    std::string discarded;
    bool more = true;
    while (more && !timed_out_) {
        more = co_await receive(discarded);
        discarded.clear();
    }
}

void Connection::watch_departure(std::function<void()> left) {
    watch_ = std::make_shared<std::function<void()>>(std::move(left));
    watch_on();
}

void Connection::watch_on() {
    socket_.async_wait(Socket::wait_read, [this, weak = std::weak_ptr(watch_)](const boost::system::error_code& code) {
        const auto watch = weak.lock();
        if (!watch || code) return;
        char byte = 0;
        const auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        // The readiness may be that of the request, seen late by another thread, after its bytes were taken.
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return watch_on();
        if (count <= 0) (*watch)();
    });
}

void Connection::end_watch() {
    watch_.reset();
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

std::uint64_t Connection::unacknowledged() {
    int count = 0;
    if (::ioctl(socket_.native_handle(), SIOCOUTQ, &count) != 0 || count < 0) return 0;
    return static_cast<std::uint64_t>(count);
}

void Connection::close() {
    boost::system::error_code ignored;
    deadline_.none();
    socket_.close(ignored);
}

}  // namespace musterd::http
