#include "server/api/event_stream.hpp"

#include "tests/support/test_site.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace musterd;
using base::Event;
using base::EventKind;

namespace {

/// Stands for the control thread: what is posted runs when the test says so.
struct Control {
    std::deque<std::function<void()>> posted;

    api::Post post() {
        return [this](std::function<void()> work) { posted.push_back(std::move(work)); };
    }
    void run() {
        while (!posted.empty()) {
            const auto work = std::move(posted.front());
            posted.pop_front();
            work();
        }
    }
};

Event offer(std::string host) {
    Event event;
    event.kind = EventKind::dhcp_offer;
    event.host = std::move(host);
    return event;
}

/// Asks for the next chunk and notes how it came.
struct Reader {
    std::string text;
    bool ended = false;
    int chunks = 0;

    void pull(http::Stream& stream, Control& control) {
        stream.next([this](const std::optional<std::string>& chunk) {
            ++chunks;
            ended = !chunk;
            if (chunk) text += *chunk;
        });
        control.run();
    }
};

}  // namespace

TEST_CASE("a stream gives what was, then what comes, each once") {
    support::TestSite test;
    Control control;
    api::EventStreams streams(test.boots(), control.post());
    REQUIRE(test.boots().record(offer("r640")));
    const auto stream = streams.open(0, {});
    Reader reader;
    reader.pull(*stream, control);
    CHECK(reader.text.starts_with("id: 1\nevent: dhcp_offer\ndata: {\"id\":1,"));
    CHECK(reader.text.ends_with("}\n\n"));
    reader.pull(*stream, control);
    CHECK(reader.chunks == 1);
    REQUIRE(test.boots().record(offer("r640")));
    CHECK(reader.chunks == 2);
    CHECK(reader.text.find("id: 2\n") != std::string::npos);
}

TEST_CASE("a slow reader misses nothing and the server keeps nothing for it") {
    support::TestSite test;
    Control control;
    api::EventStreams streams(test.boots(), control.post());
    const auto stream = streams.open(0, {});
    for (int i = 0; i < 1000; ++i)
        REQUIRE(test.boots().record(offer("r640")));
    Reader reader;
    for (int i = 0; i < 4; ++i)
        reader.pull(*stream, control);
    for (int id = 1; id <= 1000; ++id)
        CHECK(reader.text.find("id: " + std::to_string(id) + "\n") != std::string::npos);
    CHECK(reader.chunks == 4);  // 256 events at a time
}

TEST_CASE("a stream of one host has only its events, from where the reader left off") {
    support::TestSite test;
    Control control;
    api::EventStreams streams(test.boots(), control.post());
    for (const auto* host : {"r640", "other", "r640"})
        REQUIRE(test.boots().record(offer(host)));
    const auto stream = streams.open(1, {"r640", {}, {}, {}});
    Reader reader;
    reader.pull(*stream, control);
    CHECK(reader.text.starts_with("id: 3\n"));
}

TEST_CASE("waiting streams are kept alive, and ended when the server stops") {
    support::TestSite test;
    Control control;
    api::EventStreams streams(test.boots(), control.post());
    const auto stream = streams.open(0, {});
    Reader reader;
    reader.pull(*stream, control);
    streams.keep_alive();
    CHECK(reader.text == ": still here\n\n");
    reader.pull(*stream, control);
    streams.end();
    CHECK(reader.ended);
    Reader late;
    late.pull(*stream, control);
    CHECK(late.ended);
}

TEST_CASE("a reader that went away is not called again") {
    support::TestSite test;
    Control control;
    api::EventStreams streams(test.boots(), control.post());
    const auto stream = streams.open(0, {});
    Reader reader;
    reader.pull(*stream, control);
    stream->closed();
    control.run();
    REQUIRE(test.boots().record(offer("r640")));
    CHECK(reader.chunks == 0);
}
