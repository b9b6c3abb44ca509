#include "server/api/event_stream.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace musterd::api {

using Chunk = std::function<void(std::optional<std::string>)>;

/// next() and closed() are called by the session's thread; everything else runs on the control thread.
class EventStream final : public http::Stream, public std::enable_shared_from_this<EventStream> {
public:
    EventStream(boots::Boots& boots, Post to_control, std::uint64_t after, std::string host)
        : boots_(boots),
          to_control_(std::move(to_control)),
          after_(std::min(after, boots.last_id())),
          host_(std::move(host)) {}

    void listen() {
        subscription_ = boots_.subscribe([weak = weak_from_this()](const base::Event&) {
            if (const auto self = weak.lock()) self->deliver();
        });
    }

    void next(Chunk chunk) override {
        to_control_([self = shared_from_this(), chunk = std::move(chunk)] {
            self->waiting_ = chunk;
            self->deliver();
        });
    }

    void closed() override {
        to_control_([self = shared_from_this()] {
            self->waiting_ = nullptr;
            self->subscription_.reset();
        });
    }

    void keep_alive() {
        if (waiting_) hand_over(": still here\n\n");
    }

    void end() {
        ended_ = true;
        if (waiting_) hand_over(std::nullopt);
    }

private:
    static constexpr std::size_t batch = 256;

    void deliver() {
        if (!waiting_) return;
        if (ended_) return hand_over(std::nullopt);
        std::string text;
        std::size_t count = 0;
        const auto read = boots_.read(after_, host_, [&](const base::Event& event) {
            text += server_sent(event);
            after_ = event.id;
            return ++count < batch;
        });
        if (!read) {
            spdlog::error("{}", read.error().message());
            return hand_over(std::nullopt);
        }
        if (count > 0) hand_over(std::move(text));
    }

    void hand_over(std::optional<std::string> text) { std::exchange(waiting_, nullptr)(std::move(text)); }

    boots::Boots& boots_;
    Post to_control_;
    std::uint64_t after_;
    std::string host_;
    Chunk waiting_;
    bool ended_ = false;
    std::shared_ptr<void> subscription_;
};

std::string server_sent(const base::Event& event) {
    return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.id, base::to_string(event.kind), base::to_json(event));
}

std::shared_ptr<http::Stream> EventStreams::open(std::uint64_t after, std::string host) {
    auto stream = std::make_shared<EventStream>(boots_, to_control_, after, std::move(host));
    stream->listen();
    streams_.remove_if([](const auto& old) { return old.expired(); });
    streams_.push_back(stream);
    return stream;
}

void EventStreams::keep_alive() {
    for (const auto& weak : streams_) {
        if (const auto stream = weak.lock()) stream->keep_alive();
    }
}

void EventStreams::end() {
    for (const auto& weak : streams_) {
        if (const auto stream = weak.lock()) stream->end();
    }
}

}  // namespace musterd::api
