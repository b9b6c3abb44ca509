#include "http/session.hpp"

#include "http/once.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
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

std::shared_ptr<Stream> stream_of(const std::variant<std::string, base::FileSlice, std::shared_ptr<Stream>>& body) {
    const auto* stream = std::get_if<std::shared_ptr<Stream>>(&body);
    return stream == nullptr ? nullptr : *stream;
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

Session::Session(std::shared_ptr<const Service> service, Connection::Socket socket, Ends ends, Welcome welcome,
                 std::function<void()> gone)
    : service_(std::move(service)),
      connection_(std::move(socket), service_->limits),
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
    bool again = true;
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

/// True when the connection can take another request.
asio::awaitable<bool> Session::send_answer() {
    const auto started = std::chrono::steady_clock::now();
    const bool close = finishing_ || !parser_->keep_alive() || welcome_ == Welcome::full;
    const auto stream = stream_of(answer_->body);
    plan_ = plan_response(asked_, *answer_, {parser_->http_1_0(), close, base::now()});
    if (stream && !stream_of(plan_.body)) stream->closed();
    delivery_ = {};
    delivery_.size = plan_.size;
    delivery_.offset = plan_.offset;
    delivery_.total = plan_.total;
    const bool sent = co_await send_body();
    if (plan_.delivers) end_delivery(sent, started);
    answer_.reset();
    plan_.body = std::string{};
    if (!sent) co_return false;
    if (!plan_.close) co_return true;
    const bool unread = !input_.empty() || parser_->refusal() || parser_->body_unread();
    if (unread) co_await connection_.linger();
    co_return false;
}

void Session::end_delivery(bool complete, std::chrono::steady_clock::time_point started) {
    if (!answer_->on_end) return;
    const auto took = std::chrono::steady_clock::now() - started;
    delivery_.complete = complete;
    delivery_.took = std::chrono::duration_cast<std::chrono::milliseconds>(took);
    if (!complete) {
        delivery_.reason = departed_ ? "the client left" : cut_ ? "the server stopped" : connection_.reason();
        delivery_.sent -= std::min(delivery_.sent, connection_.unacknowledged());
    }
    try {
        answer_->on_end(delivery_);
    } catch (const std::exception& error) {
        spdlog::error("http: after {} {}: {}", asked_.method, asked_.path, error.what());
    }
}

Session::Sent Session::send_body() {
    if (const auto* text = std::get_if<std::string>(&plan_.body)) {
        const bool sent = co_await connection_.send(plan_.head, *text, Connection::Follows::nothing);
        if (sent) delivery_.sent = text->size();
        co_return sent;
    }
    auto stream = stream_of(plan_.body);
    const auto* slice = std::get_if<base::FileSlice>(&plan_.body);
    const bool more = slice != nullptr && slice->length > 0;
    const auto follows = more ? Connection::Follows::body : Connection::Follows::nothing;
    const std::string_view nothing;
    bool sent = co_await connection_.send(plan_.head, nothing, follows);
    if (sent && more) sent = co_await connection_.send_slice(*slice, delivery_.sent);
    if (!stream) co_return sent;
    if (sent) sent = co_await send_stream(stream);
    if (!sent) stream->closed();
    delivery_.size = delivery_.sent;
    co_return sent;
}

void Session::request_chunk(Stream& stream) {
    chunk_.reset();
    auto take = [weak = weak_from_this()](std::optional<std::string> chunk) {
        auto self = weak.lock();
        if (!self) return;
        const auto strand = self->connection_.strand();
        auto resume = [self = std::move(self), chunk = std::move(chunk)]() mutable {
            self->chunk_ = std::move(chunk);
            self->wake_.cancel();
        };
        asio::dispatch(strand, std::move(resume));
    };
    stream.next(Once<std::optional<std::string>>::function(std::nullopt, take));
}

/// A stream may be silent for hours: no time limit but while a chunk is sent, and an eye on the client's end.
Session::Sent Session::send_stream(std::shared_ptr<Stream> stream) {
    auto left = [this] {
        departed_ = true;
        wake_.cancel();
    };
    departed_ = false;
    connection_.watch_departure(left);
    while (true) {
        connection_.deadline().none();
        request_chunk(*stream);
        while (!chunk_ && !departed_ && !cut_)
            co_await sleep();
        if (!chunk_ || departed_ || cut_) co_return false;
        const bool last = !*chunk_;
        const bool sent = co_await send_chunk();
        if (!sent) co_return false;
        if (!last) continue;
        connection_.end_watch();
        co_return true;
    }
}

Session::Sent Session::send_chunk() {
    const std::string text = std::move(*chunk_).value_or(std::string{});
    const bool last = !*chunk_;
    chunk_frame_ = last ? "0\r\n\r\n" : fmt::format("{:x}\r\n{}\r\n", text.size(), text);
    if (!plan_.chunked) chunk_frame_ = text;
    if (text.empty() && !last) chunk_frame_.clear();  // an empty chunk would end the body
    const std::string_view nothing;
    const bool sent = co_await connection_.send(chunk_frame_, nothing, Connection::Follows::nothing);
    if (sent) delivery_.sent += text.size();
    co_return sent;
}

}  // namespace musterd::http
