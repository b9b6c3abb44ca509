#include "http/session.hpp"

#include "http/once.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace musterd::http {

namespace asio = boost::asio;

namespace {

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

/// iPXE waits as long as Retry-After says and asks again (core/http: any status, 503 by custom).
Response too_many() {
    auto response = problem(503, "too many connections; ask again");
    response.headers.emplace_back("Retry-After", "3");
    return response;
}

/// For an answer that came after its connection was gone.
void abandon(Response& response) {
    if (const auto stream = stream_of(response.body)) stream->closed();
    if (!response.on_end) return;
    Delivery delivery;
    delivery.reason = "the client left";
    response.on_end(delivery);
}

}  // namespace

Session::Session(std::shared_ptr<const Service> service, Connection::Socket socket, std::unique_ptr<Channel> channel,
                 Ends ends, Welcome welcome, std::function<void()> gone)
    : service_(std::move(service)),
      connection_(std::move(socket), std::move(channel), service_->limits),
      ends_(std::move(ends)),
      welcome_(welcome),
      gone_(std::move(gone)),
      tasks_(connection_.strand()),
      wake_(connection_.strand(), asio::steady_timer::time_point::max()) {
}

Session::~Session() {
    gone_();
}

void Session::start() {
    asio::post(connection_.strand(), [self = shared_from_this()] { self->tasks_.spawn("http", self->run(self)); });
}

void Session::finish() {
    asio::post(connection_.strand(), [self = shared_from_this()] {
        self->finishing_ = true;
        if (self->idle_) self->connection_.close();
    });
}

void Session::cut() {
    asio::post(connection_.strand(), [self = shared_from_this()] {
        self->cut_ = true;
        self->connection_.close();
        self->wake_.cancel();
    });
}

asio::awaitable<void> Session::run(std::shared_ptr<Session> self) {
    co_await base::accept_cancellation();
    bool again = co_await connection_.greet();
    const bool worth_a_line = !again && !cut_ && !ends_.peer.empty();
    if (worth_a_line) spdlog::info("http: no handshake with {}: {}", ends_.peer, connection_.reason());
    while (again && !self->cut_) {
        again = co_await read_request();
        if (!again) break;
        co_await obtain_answer();
        if (!answer_) break;
        again = co_await send_answer();
    }
    connection_.close();
}

/// Reads until there is something to answer: a request, or a reason to refuse one. False when the connection is over.
asio::awaitable<bool> Session::read_request() {
    parser_.emplace(service_->limits);
    answer_.reset();
    bool begun = false;
    bool told_to_go_on = false;
    connection_.deadline().within(service_->limits.idle);
    while (true) {
        if (!begun && !input_.empty()) connection_.deadline().within(service_->limits.request);
        begun = begun || !input_.empty();
        input_.erase(0, parser_->feed(input_));
        if (parser_->done()) co_return true;
        if (parser_->awaits_continue() && !told_to_go_on) {
            told_to_go_on = co_await connection_.send(go_on, {}, Connection::Follows::nothing);
            if (!told_to_go_on) co_return false;
            connection_.deadline().within(service_->limits.request);
        }
        if (!begun && finishing_) co_return false;
        idle_ = !begun;
        const bool received = co_await connection_.receive(input_);
        idle_ = false;
        if (received) continue;
        if (begun && connection_.timed_out()) refuse_timeout();
        co_return answer_.has_value();
    }
}

void Session::refuse_timeout() {
    answer_ = problem(408, "the request did not come whole in time");
}

/// What is known of the request, in the form that handlers see.
Request Session::accept_request() {
    Request request = parser_->take();
    request.peer = ends_.peer;
    request.local = ends_.local;
    request.local_port = ends_.local_port;
    request.tls = ends_.tls;
    request.credentials = ends_.credentials;
    std::string body = std::move(request.body);
    asked_ = request;
    request.body = std::move(body);
    return request;
}

asio::awaitable<void> Session::obtain_answer() {
    Request request = accept_request();
    if (answer_) co_return;
    answer_ = parser_->refusal();
    if (!answer_ && welcome_ == Welcome::full) answer_ = too_many();
    if (answer_ && service_->dress) answer_ = service_->dress(asked_.path, std::move(*answer_));
    if (answer_) co_return;
    connection_.deadline().none();
    call_handler(std::move(request));
    while (!answer_ && !cut_)
        co_await sleep();
}

void Session::call_handler(Request request) {
    // The session, not its executor, is what an answer holds on to, weakly: it may come when the pool is gone.
    auto take = [weak = weak_from_this()](Response response) {
        auto self = weak.lock();
        if (!self) return abandon(response);
        const auto strand = self->connection_.strand();
        auto resume = [self = std::move(self), response = std::move(response)]() mutable {
            self->take_answer(std::move(response));
        };
        asio::dispatch(strand, std::move(resume));
    };
    auto respond = Once<Response>::function(problem(500, "the server gave no answer"), take);
    try {
        service_->handler(std::move(request), respond);
    } catch (const std::exception& error) {
        spdlog::error("http: {} {} failed: {}", asked_.method, asked_.path, error.what());
        respond(problem(500, "the server failed; its log says why"));
    }
}

void Session::take_answer(Response response) {
    if (cut_) return abandon(response);
    answer_ = std::move(response);
    wake_.cancel();
}

asio::awaitable<void> Session::sleep() {
    co_await wake_.async_wait(base::as_result);
}

}  // namespace musterd::http
