#include "http/request_parser.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace musterd::http;

namespace {

/// Feeds `text` as a connection that gets `step` bytes at a time would. Returns what was not used.
std::string feed(RequestParser& parser, std::string_view text, std::size_t step = SIZE_MAX) {
    std::string input;
    while (!parser.done() && !text.empty()) {
        const auto count = std::min(step, text.size());
        input.append(text.substr(0, count));
        text.remove_prefix(count);
        input.erase(0, parser.feed(input));
    }
    return input + std::string(text);
}

}  // namespace

TEST_CASE("a request is the same however its bytes arrive") {
    const std::string wire =
        "\r\nPOST /boot/01J/up?a=b HTTP/1.1\r\nHost: s:8080\r\nX-Twice: one\r\nx-twice: two\r\n"
        "Content-Length: 5\r\n\r\nhelloGET /next";
    for (const std::size_t step : {1U, 2U, 3U, 7U, 50U, 1000U}) {
        CAPTURE(step);
        RequestParser parser{Limits{}};
        const auto rest = feed(parser, wire, step);
        REQUIRE(parser.done());
        REQUIRE_FALSE(parser.refusal());
        CHECK(rest == "GET /next");
        CHECK(parser.keep_alive());
        const auto request = parser.take();
        CHECK(request.method == "POST");
        CHECK(request.path == "/boot/01J/up");
        CHECK(request.parameter("a") == "b");
        CHECK(request.header("host") == "s:8080");
        CHECK(request.header("x-twice") == "one, two");
        CHECK(request.body == "hello");
    }
}

TEST_CASE("what is wrong with a request decides its refusal") {
    Limits limits;
    limits.header = 1024;
    limits.body = 100;
    const std::string big(2000, 'a');
    std::string many = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 500; ++i)
        many.append("A: b\r\n");
    const std::vector<std::pair<std::string, unsigned>> rows = {
        {"GET /" + big + " HTTP/1.1\r\n\r\n", 431},
        {"GET / HTTP/1.1\r\nX: " + big + "\r\n\r\n", 431},
        {many, 431},
        {"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX", 411},
        {"GET / HTTP/2.0\r\n\r\n", 505},
        {"nonsense\r\n\r\n", 400},
        {"GET /a\"b HTTP/1.1\r\n\r\n", 400},
        {"GET /../x HTTP/1.1\r\n\r\n", 400},
        {"GET * HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nBad Name: x\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
        {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\nabc", 400},
    };
    for (const auto& row : rows) {
        const auto& wire = row.first;
        for (const std::size_t step : {std::size_t{1}, std::size_t{64}, std::string::npos}) {
            CAPTURE(wire.substr(0, 60));
            CAPTURE(step);
            RequestParser parser(limits);
            feed(parser, wire, step);
            REQUIRE(parser.done());
            REQUIRE(parser.refusal());
            CHECK(parser.refusal()->status == row.second);
            CHECK_FALSE(parser.keep_alive());
        }
    }
}

TEST_CASE("the body of a GET is not read, and ends the connection") {
    RequestParser parser{Limits{}};
    feed(parser, "GET /x HTTP/1.1\r\nContent-Length: 5\r\n\r\n");
    REQUIRE(parser.done());
    CHECK_FALSE(parser.refusal());
    CHECK(parser.body_unread());
    CHECK_FALSE(parser.keep_alive());
    CHECK(parser.take().path == "/x");
}

TEST_CASE("a client that waits for leave to send its body is seen") {
    RequestParser parser{Limits{}};
    feed(parser, "POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(parser.awaits_continue());
    feed(parser, "ok");
    CHECK_FALSE(parser.awaits_continue());
    CHECK(parser.take().body == "ok");
}

TEST_CASE("versions and Connection decide whether the connection goes on") {
    const auto keeps = [](const std::string& head) {
        RequestParser parser{Limits{}};
        feed(parser, "GET / " + head + "\r\n\r\n");
        REQUIRE(parser.done());
        return std::pair(parser.http_1_0(), parser.keep_alive());
    };
    CHECK(keeps("HTTP/1.1") == std::pair(false, true));
    CHECK(keeps("HTTP/1.1\r\nConnection: close") == std::pair(false, false));
    CHECK(keeps("HTTP/1.0") == std::pair(true, false));
}
