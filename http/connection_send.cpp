// How a connection sends a file: turn by turn, from memory, up to the client's last acknowledgement.
#include "http/connection.hpp"

#include "server/base/tasks.hpp"

#include <boost/asio/post.hpp>

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>

namespace musterd::http {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// A disk that has not given what it was asked for after so many pauses is waited for in sendfile(2).
constexpr int most_pauses = 100;
constexpr auto disk_pause = 1ms;
/// Between looks for the last acknowledgement. The kernel tells nobody of it, and the next request waits for us: 1 ms,
/// then doubled up to the longest time that Linux withholds an acknowledgement in the ordinary case.
constexpr std::chrono::milliseconds shortest_look = 1ms;
constexpr std::chrono::milliseconds longest_look = 40ms;

}  // namespace

/// One sendfile(2): what a fast client takes in a turn is what one that shares its thread waits for.
Connection::Step Connection::send_turn(base::FileSlice& slice, ReadAhead& ahead, std::uint64_t& sent) {
    const auto wanted = std::min<std::uint64_t>(slice.length, limits_.turn);
    auto moved = channel_->send_file(slice, limits_.turn);
    if (moved.kind != Moved::Kind::bytes) return after(std::move(moved));
    slice.offset += moved.count;
    slice.length -= moved.count;
    sent += moved.count;
    deadline_.within(limits_.stall);
    if (slice.length == 0) return Step::done;
    if (!ahead.look(slice, limits_.turn)) return Step::pause;
    return moved.count < wanted ? Step::wait_write : Step::give_way;
}

asio::awaitable<bool> Connection::send_slice(base::FileSlice slice, std::uint64_t& sent) {
    deadline_.within(limits_.stall);
    ReadAhead ahead;
    bool go_on = co_await disk(slice, ahead);
    while (go_on) {
        const auto step = send_turn(slice, ahead, sent);
        if (step == Step::done) co_return true;
        if (step == Step::give_way) {
            co_await asio::post(strand_, base::as_result);
        } else if (step == Step::pause) {
            go_on = co_await disk(slice, ahead);
        } else {
            go_on = co_await wait(step);
        }
    }
    co_return false;
}

/// Waits a while for the start of the slice to come from its disk.
asio::awaitable<bool> Connection::disk(const base::FileSlice& slice, ReadAhead& ahead) {
    for (int i = 0; i < most_pauses && !ahead.look(slice, limits_.turn); ++i) {
        const bool on = co_await pause(disk_pause);
        if (!on) co_return false;
    }
    co_return true;
}

asio::awaitable<bool> Connection::pause(std::chrono::milliseconds time) {
    pause_.expires_after(time);
    co_await pause_.async_wait(base::as_result);
    if (!timed_out_ && socket_.is_open()) co_return true;
    reason_ = timed_out_ ? "the client moved nothing in time" : "the connection was closed";
    co_return false;
}

asio::awaitable<bool> Connection::acknowledged() {
    deadline_.within(limits_.stall);
    auto time = shortest_look;
    auto before = unacknowledged();
    auto heard = std::chrono::steady_clock::now();
    while (before > 0) {
        // Who has it all and closes hangs up too: only then what it acknowledged is known.
        if (reset_by_client()) co_return unacknowledged() == 0;
        const bool on = co_await pause(time);
        if (!on) co_return unacknowledged() == 0;
        time = std::min(2 * time, longest_look);
        const auto now = unacknowledged();
        const auto at = std::chrono::steady_clock::now();
        if (now < before) {
            deadline_.within(limits_.stall);
            heard = at;
        } else if (now <= limits_.unsaid && at - heard >= limits_.silence && unsent() == 0) {
            co_return !reset_by_client();
        }
        before = now;
    }
    co_return true;
}

bool Connection::reset_by_client() {
    pollfd state{socket_.native_handle(), 0, 0};
    if (::poll(&state, 1, 0) <= 0 || (state.revents & (POLLERR | POLLHUP)) == 0) return false;
    reason_ = "the client left";
    return true;
}

std::uint64_t Connection::queued(unsigned long request) {
    int count = 0;
    if (::ioctl(socket_.native_handle(), request, &count) != 0 || count < 0) return 0;
    return static_cast<std::uint64_t>(count);
}

/// Of those that are not acknowledged (linux/sockios.h: "output queue size, not sent only").
std::uint64_t Connection::unsent() {
    return queued(SIOCOUTQNSD);
}

/// The end of our sending takes a number in the sequence like a byte, the last one (RFC 9293 3.4); Linux counts it.
std::uint64_t Connection::unacknowledged() {
    if (!socket_.is_open()) return never_acknowledged_;
    const auto count = queued(SIOCOUTQ);
    return ended_ && count > 0 ? count - 1 : count;
}

}  // namespace musterd::http
