#include "http/server.hpp"

#include "http/listener.hpp"
#include "http/session.hpp"
#include "server/base/tasks.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace musterd::http {

namespace asio = boost::asio;

namespace {

struct Listener {
    Listener(const asio::any_io_executor& strand, base::Fd fd, std::shared_ptr<TlsIdentity> tls = {})
        : socket(strand, fd.release()), pause(strand), identity(std::move(tls)) {}
    asio::posix::stream_descriptor socket;
    asio::steady_timer pause;
    std::shared_ptr<TlsIdentity> identity;  ///< none: what is said is plain

    void close() {
        boost::system::error_code ignored;
        socket.close(ignored);
        pause.cancel();
    }
};

/// The sessions that live, by number. Sessions leave it on whatever thread they end.
class Roll {
public:
    std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return sessions_.size();
    }
    std::uint64_t reserve() {
        const std::lock_guard lock(mutex_);
        sessions_.emplace(++last_, std::weak_ptr<Session>());
        return last_;
    }
    void enter(std::uint64_t number, const std::shared_ptr<Session>& session) {
        const std::lock_guard lock(mutex_);
        sessions_[number] = session;
    }
    void leave(std::uint64_t number) {
        const std::lock_guard lock(mutex_);
        sessions_.erase(number);
    }
    std::vector<std::shared_ptr<Session>> all() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::shared_ptr<Session>> list;
        for (const auto& [number, session] : sessions_)
            list.push_back(session.lock());
        return list;
    }

private:
    mutable std::mutex mutex_;
    std::uint64_t last_ = 0;
    std::unordered_map<std::uint64_t, std::weak_ptr<Session>> sessions_;
};

/// Beyond the limit clients are told to come back; beyond this many more they are not even told.
std::size_t room_for_refusals(std::size_t limit) {
    return limit / 8 + 16;
}

}  // namespace

struct Server::State : std::enable_shared_from_this<State> {
    State(asio::any_io_executor executor, Handler handler, Limits limits, Dress dress)
        : pool(std::move(executor)),
          strand(asio::make_strand(pool)),
          service(std::make_shared<const Service>(std::move(handler), limits, std::move(dress))),
          roll(std::make_shared<Roll>()),
          tasks(strand) {}

    asio::any_io_executor pool;
    asio::any_io_executor strand;  ///< of the accepting tasks and the list of listeners
    std::shared_ptr<const Service> service;
    std::shared_ptr<Roll> roll;
    base::Tasks tasks;
    std::list<Listener> listeners;
    std::atomic<std::uint16_t> port = 0;
    std::atomic<std::uint16_t> tls_port = 0;

    void welcome(base::Fd fd, const std::shared_ptr<TlsIdentity>& identity);
    static asio::awaitable<void> accept_on(std::shared_ptr<State> state, Listener& listener);
    static bool accept_all(State& state, Listener& listener);
};

void Server::State::welcome(base::Fd fd, const std::shared_ptr<TlsIdentity>& identity) {
    const auto limit = service->limits.connections;
    const auto present = roll->size();
    if (present >= limit + room_for_refusals(limit)) return;
    const auto kind = present >= limit ? Session::Welcome::full : Session::Welcome::yes;
    auto ends = identify(fd);
    ends.tls = identity != nullptr;
    auto channel = identity ? identity->channel(fd.get()) : plain_channel(fd.get());
    Connection::Socket socket(asio::make_strand(pool));
    boost::system::error_code code;
    socket.assign(asio::generic::stream_protocol(ends.family, 0), fd.get(), code);
    if (code) return;
    static_cast<void>(fd.release());
    const auto number = roll->reserve();
    auto gone = [roll = roll, number] { roll->leave(number); };
    const auto session =
        std::make_shared<Session>(service, std::move(socket), std::move(channel), std::move(ends), kind, gone);
    roll->enter(number, session);
    session->start();
}

/// Takes every waiting connection. False when the kernel had no descriptor or memory for one: it keeps waiting in the
/// queue, and asking at once again would only burn the processor.
bool Server::State::accept_all(State& state, Listener& listener) {
    while (true) {
        auto fd = accept_from(listener.socket.native_handle());
        if (fd) {
            state.welcome(std::move(*fd), listener.identity);
            continue;
        }
        const int number = fd.error().code().value();
        if (number == EAGAIN || number == EBADF) return true;
        // Network errors of the one connection are passed on by accept(2), which says to treat them like EAGAIN.
        const bool exhausted = number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
        if (exhausted) spdlog::warn("http: {}; raise LimitNOFILE if this stays", fd.error().message());
        if (exhausted) return false;
    }
}

asio::awaitable<void> Server::State::accept_on(std::shared_ptr<State> state, Listener& listener) {
    co_await base::accept_cancellation();
    while (true) {
        const auto [code] =
            co_await listener.socket.async_wait(asio::posix::stream_descriptor::wait_read, base::as_result);
        if (code) break;
        if (accept_all(*state, listener)) continue;
        listener.pause.expires_after(state->service->limits.accept_pause);
        co_await listener.pause.async_wait(base::as_result);
    }
}

Server::Server(asio::any_io_executor pool, Handler handler, Limits limits, Dress dress)
    : state_(std::make_shared<State>(std::move(pool), std::move(handler), limits, std::move(dress))) {
}

Server::~Server() {
    cut();
}

base::Result<void> Server::listen_tcp(const std::string& address, std::uint16_t port) {
    auto socket = open_tcp_listener(address, port);
    if (!socket) return socket.error();
    std::uint16_t none = 0;
    state_->port.compare_exchange_strong(none, bound_port(*socket));
    state_->listeners.emplace_back(state_->strand, std::move(*socket));
    return {};
}

base::Result<void> Server::listen_tls(const std::string& address, std::uint16_t port,
                                      std::shared_ptr<TlsIdentity> identity) {
    auto socket = open_tcp_listener(address, port);
    if (!socket) return socket.error();
    std::uint16_t none = 0;
    state_->tls_port.compare_exchange_strong(none, bound_port(*socket));
    state_->listeners.emplace_back(state_->strand, std::move(*socket), std::move(identity));
    return {};
}

base::Result<void> Server::listen_unix(const std::string& path, unsigned mode) {
    auto socket = open_unix_listener(path, mode);
    if (!socket) return socket.error();
    state_->listeners.emplace_back(state_->strand, std::move(*socket));
    return {};
}

std::uint16_t Server::tcp_port() const {
    return state_->port;
}

std::uint16_t Server::tls_port() const {
    return state_->tls_port;
}

void Server::start() {
    asio::post(state_->strand, [state = state_] {
        for (auto& listener : state->listeners)
            state->tasks.spawn("http accept", State::accept_on(state, listener));
    });
}

void Server::finish() {
    asio::post(state_->strand, [state = state_] {
        for (auto& listener : state->listeners)
            listener.close();
        for (const auto& session : state->roll->all()) {
            if (session) session->finish();
        }
    });
}

void Server::cut() {
    asio::post(state_->strand, [state = state_] {
        for (auto& listener : state->listeners)
            listener.close();
        for (const auto& session : state->roll->all()) {
            if (session) session->cut();
        }
    });
}

std::uint64_t Server::refused_downloads() const {
    return state_->service->downloads->refused();
}

std::size_t Server::connections() const {
    return state_->roll->size();
}

}  // namespace musterd::http
