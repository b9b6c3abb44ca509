#include "http/connection.hpp"

#include "server/base/tasks.hpp"

#include <algorithm>
#include <utility>

namespace musterd::http {

namespace asio = boost::asio;

Connection::Connection(Socket socket, std::unique_ptr<Channel> channel, const Limits& limits)
    : strand_(socket.get_executor()),
      socket_(std::move(socket)),
      channel_(std::move(channel)),
      limits_(limits),
      pause_(strand_),
      deadline_(strand_, [this] { deadline_passed(); }) {
    boost::system::error_code ignored;
    socket_.native_non_blocking(true, ignored);
}

void Connection::deadline_passed() {
    timed_out_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

/// What to do after a call that moved nothing.
Connection::Step Connection::after(Moved moved) {
    switch (moved.kind) {
        case Moved::Kind::bytes:
            return Step::again;
        case Moved::Kind::wait_read:
            return Step::wait_read;
        case Moved::Kind::wait_write:
            return Step::wait_write;
        case Moved::Kind::end:
            reason_ = "the client left";
            return Step::failed;
        case Moved::Kind::failed:
            reason_ = std::move(moved.reason);
            return Step::failed;
    }
    return Step::failed;
}

asio::awaitable<bool> Connection::wait(Socket::wait_type event) {
    if (!timed_out_) {
        const auto [code] = co_await socket_.async_wait(event, base::as_result);
        if (!code) co_return true;
    }
    reason_ = timed_out_ ? "the client moved nothing in time" : "the connection was closed";
    co_return false;
}

/// Whether the call that came to this step is to be made again, after the wait that it asks for.
asio::awaitable<bool> Connection::wait(Step step) {
    if (step == Step::failed) co_return false;
    if (step == Step::again) co_return true;
    const auto event = step == Step::wait_read ? Socket::wait_read : Socket::wait_write;
    const bool ready = co_await wait(event);
    co_return ready;
}

asio::awaitable<bool> Connection::greet() {
    deadline_.within(limits_.handshake);
    while (true) {
        auto moved = channel_->greet();
        if (moved.kind == Moved::Kind::bytes) co_return true;
        const auto step = after(std::move(moved));
        const bool again = co_await wait(step);
        if (!again) co_return false;
    }
}

asio::awaitable<bool> Connection::receive(std::string& buffer) {
    const auto before = buffer.size();
    while (true) {
        const auto step = after(channel_->receive(buffer));
        if (buffer.size() > before) co_return true;
        const bool again = co_await wait(step);
        if (!again) co_return false;
    }
}

Connection::Step Connection::send_some(std::string_view& first, std::string_view& second, bool more) {
    if (first.empty() && second.empty()) return Step::done;
    auto moved = channel_->send(first, second, more);
    if (moved.kind != Moved::Kind::bytes) return after(std::move(moved));
    second.remove_prefix(moved.count - std::min(moved.count, first.size()));
    first.remove_prefix(std::min(moved.count, first.size()));
    deadline_.within(limits_.stall);
    return Step::again;
}

asio::awaitable<bool> Connection::send(std::string_view first, std::string_view second, Follows follows) {
    deadline_.within(limits_.stall);
    while (true) {
        const auto step = send_some(first, second, follows == Follows::body);
        if (step == Step::done) co_return true;
        const bool again = co_await wait(step);
        if (!again) co_return false;
    }
}

void Connection::end() {
    channel_->end();
    ended_ = true;
}

asio::awaitable<void> Connection::linger() {
    end();
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
        const auto seen = channel_->look();
        // The readiness may be that of the request, seen late by another thread, after its bytes were taken.
        if (seen.kind == Moved::Kind::bytes && seen.count == 0) return watch_on();
        if (seen.kind != Moved::Kind::bytes) (*watch)();
    });
}

void Connection::end_watch() {
    watch_.reset();
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Connection::close() {
    boost::system::error_code ignored;
    deadline_.none();
    pause_.cancel();
    never_acknowledged_ = unacknowledged();
    socket_.close(ignored);
}

}  // namespace musterd::http
