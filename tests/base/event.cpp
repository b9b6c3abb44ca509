#include "server/base/event.hpp"

#include "server/base/utf8.hpp"

#include <doctest/doctest.h>

using namespace musterd::base;
using namespace std::chrono_literals;

namespace {
Event full() {
    Event event;
    event.id = 7;
    event.time = Time(1'795'253'400'125ms);
    event.kind = EventKind::file_sent;
    event.mac = "52:54:00:00:00:01";
    event.host = "r640";
    event.boot = "01ARYZ6S41TSV4RRFFQ69G5FAV";
    event.address = "10.55.0.101";
    event.image = "abcd";
    event.file = "initrd";
    event.sent = 12;
    event.size = 18446744073709551615U;
    event.reason = "client left \"early\"\n";
    event.details = {{"protocol", "http"}};
    return event;
}
}  // namespace

TEST_CASE("an event survives the journal's JSON, field for field") {
    const auto event = full();
    const auto json = to_json(event);
    const auto again = event_from_json(json);
    REQUIRE(again);
    CHECK(*again == event);
    CHECK(json.find('\n') == std::string::npos);
    CHECK(json.starts_with(
        R"({"id":7,"time":"2026-11-21T09:30:00.125Z","kind":"file_sent","mac":"52:54:00:00:00:01","host":"r640",)"));
}

TEST_CASE("empty fields are not written") {
    Event event;
    event.kind = EventKind::up;
    CHECK(to_json(event) == R"({"time":"1970-01-01T00:00:00.000Z","kind":"up"})");
}

TEST_CASE("every kind has a name that leads back to it") {
    for (int number = 0; number <= static_cast<int>(EventKind::server_started); ++number) {
        const auto kind = static_cast<EventKind>(number);
        CHECK(event_kind(to_string(kind)) == kind);
    }
    CHECK_FALSE(event_kind("nonsense"));
}

TEST_CASE("what is not an event is an error") {
    for (const auto* text : {"", "{", "[]", "7", R"({"kind":"nope","time":"2026-11-21T09:30:00.125Z"})",
                             R"({"kind":"up","time":"yesterday"})", R"({"kind":"up"})"}) {
        CHECK_FALSE(event_from_json(text));
    }
}

TEST_CASE("what a machine sent is written as UTF-8, whatever it is, and old journals that have it raw are read") {
    Event event;
    event.kind = EventKind::script_refused;
    event.reason = "this machine is \xff\xc0\x80\"\\\n";
    event.details["\xfe"] = "\xed\xa0\x80";
    const auto again = event_from_json(to_json(event));
    REQUIRE(again);
    CHECK(again->reason == "this machine is \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\\\n");
    CHECK(again->details.size() == 1);
    const auto old = event_from_json("{\"time\":\"2026-11-21T09:30:00.125Z\",\"kind\":\"up\",\"reason\":\"\xff\"}");
    REQUIRE(old);
    CHECK(old->reason == "\xef\xbf\xbd");
}

TEST_CASE("a line for logs and terminals has nothing in it that ends or steers it") {
    CHECK(one_line("up\n2026 error forged") == "up 2026 error forged");
    CHECK(one_line("\x1b[31mred\x7f\xc2\x9b"
                   "1m\r") == " [31mred  1m ");
    CHECK(one_line("caf\xc3\xa9 \xff") == "caf\xc3\xa9 \xef\xbf\xbd");
}
