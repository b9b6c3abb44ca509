// How a session sends its answer: head, body, and word of the delivery to who asked for it.
#include "http/once.hpp"
#include "http/session.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/dispatch.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace musterd::http {

namespace asio = boost::asio;

std::shared_ptr<Stream> stream_of(const std::variant<std::string, base::FileSlice, std::shared_ptr<Stream>>& body) {
    const auto* stream = std::get_if<std::shared_ptr<Stream>>(&body);
    return stream == nullptr ? nullptr : *stream;
}

/// What is sent for the answer in hand.
void Session::plan_answer() {
    const bool close = finishing_ || !parser_->keep_alive() || welcome_ == Welcome::full;
    const auto stream = stream_of(answer_->body);
    plan_ = plan_response(asked_, *answer_, {parser_->http_1_0(), close, base::now()});
    if (stream && !stream_of(plan_.body)) stream->closed();
    delivery_ = {};
    delivery_.size = plan_.size;
    delivery_.offset = plan_.offset;
    delivery_.total = plan_.total;
    const bool large = std::holds_alternative<base::FileSlice>(plan_.body) && plan_.size > service_->limits.large;
    if (!plan_.delivers || !large) return;
    place_ = Downloads::enter(service_->downloads, refusable(asked_));
    if (!place_) refuse_download();
}

/// Who gave the answer hears that nothing of it was sent, and why; the client when to ask again.
void Session::refuse_download() {
    const auto& downloads = *service_->downloads;
    delivery_.reason = fmt::format("refused with 503: {} large downloads are under way", downloads.most());
    tell(*answer_);
    const auto seconds = downloads.retry_after();
    auto refusal =
        problem(503, fmt::format("busy with {} large downloads; ask again in {} s", downloads.most(), seconds));
    refusal.headers.emplace_back("Retry-After", fmt::to_string(seconds));
    answer_ = std::move(refusal);
    plan_answer();
}

/// True when the connection can take another request.
asio::awaitable<bool> Session::send_answer() {
    const auto started = std::chrono::steady_clock::now();
    plan_answer();
    bool sent = co_await send_body();
    if (sent && plan_.close) connection_.end();
    if (sent && plan_.delivers && answer_->on_end) sent = co_await connection_.acknowledged();
    place_.reset();
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
    delivery_.unacknowledged = connection_.unacknowledged();
    delivery_.took = std::chrono::duration_cast<std::chrono::milliseconds>(took);
    if (!complete) {
        delivery_.reason = departed_ ? "the client left" : cut_ ? "the server stopped" : connection_.reason();
        delivery_.unacknowledged = std::min(delivery_.sent, delivery_.unacknowledged);
        delivery_.sent -= delivery_.unacknowledged;
    }
    tell(*answer_);
}

void Session::tell(const Response& answer) {
    try {
        if (answer.on_end) answer.on_end(delivery_);
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
