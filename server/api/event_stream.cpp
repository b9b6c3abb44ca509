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
    EventStream(boots::Boots& boots, Post to_control, std::uint64_t after, EventFilter filter)
        : boots_(boots),
          to_control_(std::move(to_control)),
          after_(std::min(after, boots.last_id())),
          filter_(std::move(filter)) {}

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
        const auto scan = scan_events(boots_, after_, filter_, batch, [&text](const base::Event& event) {
            text += server_sent(event);
            return true;
        });
        if (!scan) {
            spdlog::error("{}", scan.error().message());
            return hand_over(std::nullopt);
        }
        after_ = scan->last;
        if (!text.empty()) return hand_over(std::move(text));
        // None of them was wanted: the others come in a turn of their own.
        if (!scan->all) to_control_([self = shared_from_this()] { self->deliver(); });
    }

    void hand_over(std::optional<std::string> text) { std::exchange(waiting_, nullptr)(std::move(text)); }

    boots::Boots& boots_;
    Post to_control_;
    std::uint64_t after_;
    EventFilter filter_;
    Chunk waiting_;
    bool ended_ = false;
    std::shared_ptr<void> subscription_;
};

std::string server_sent(const base::Event& event) {
    return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.id, base::to_string(event.kind), base::to_json(event));
}

std::shared_ptr<http::Stream> EventStreams::open(std::uint64_t after, EventFilter filter) {
    auto stream = std::make_shared<EventStream>(boots_, to_control_, after, std::move(filter));
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
