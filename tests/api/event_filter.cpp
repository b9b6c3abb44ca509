#include "server/api/event_filter.hpp"

#include "tests/api/test_server.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using base::Event;
using base::EventKind;
using support::TestServer;

namespace {

Event event(std::string host, EventKind kind = EventKind::dhcp_offer) {
    Event made;
    made.kind = kind;
    made.host = std::move(host);
    return made;
}

std::string link_of(const http::Response& response) {
    for (const auto& [name, value] : response.headers) {
        if (name == "Link") return value;
    }
    return {};
}

std::vector<std::int64_t> ids(const boost::json::value& page) {
    std::vector<std::int64_t> all;
    for (const auto& each : page.as_array())
        all.push_back(each.at("id").as_int64());
    return all;
}

}  // namespace

TEST_CASE("events are filtered by host, boot, kind and time, each and together") {
    support::TestSite test;
    TestServer server(test);
    for (int i = 0; i < 4; ++i) {
        REQUIRE(test.boots().record(event(i % 2 == 0 ? "r640" : "other")));
        test.advance(std::chrono::seconds(10));
    }
    REQUIRE(test.boots().start_boot(event("r640")));
    const auto all = server.api("/api/v1/events").as_array();
    const std::string boot(all.back().at("boot").as_string());
    const std::string third(all[2].at("time").as_string());
    using Ids = std::vector<std::int64_t>;
    CHECK(ids(server.api("/api/v1/events?host=other")) == Ids{2, 4});
    CHECK(ids(server.api("/api/v1/events?boot=" + boot)) == Ids{5});
    CHECK(ids(server.api("/api/v1/events?boot=01ARYZ6S41TSV4RRFFQ69G5FAV")).empty());
    CHECK(ids(server.api("/api/v1/events?kind=boot_started")) == Ids{5});
    CHECK(ids(server.api("/api/v1/events?kind=boot_started,dhcp_offer&after=3")) == Ids{4, 5});
    CHECK(ids(server.api("/api/v1/events?since=" + third)) == Ids{3, 4, 5});
    CHECK(ids(server.api("/api/v1/events?since=" + third + "&host=r640&kind=dhcp_offer")) == Ids{3});
    CHECK(ids(server.api("/api/v1/events?since=2100-01-01T00:00:00.000Z")).empty());
    CHECK(ids(server.api("/api/v1/events?since=1970-01-01T00:00:00.000Z&limit=2")) == Ids{1, 2});
}

TEST_CASE("parameters that are none are refused, not guessed at") {
    support::TestSite test;
    TestServer server(test);
    for (const auto* query :
         {"after=nonsense", "after=-1", "after=99999999999999999999", "limit=0", "limit=1001", "limit=1e3",
          "kind=up,down", "since=yesterday", "since=2026-13-01T00:00:00.000Z", "follow=maybe"}) {
        CAPTURE(std::string(query));
        CHECK(server.ask("GET", std::string("/api/v1/events?") + query, {}, TestServer::token).status == 400);
    }
}

TEST_CASE("pages are linked, keep their filter, and end") {
    support::TestSite test;
    TestServer server(test);
    for (int i = 0; i < 5; ++i)
        REQUIRE(test.boots().record(event("r640")));
    const auto first = server.ask("GET", "/api/v1/events?host=r640&limit=2", {}, TestServer::token);
    CHECK(link_of(first) == "</api/v1/events?after=2&host=r640&limit=2>; rel=\"next\"");
    std::vector<std::int64_t> seen;
    std::string target = "/api/v1/events?host=r640&limit=2";
    for (int page = 0; page < 4 && !target.empty(); ++page) {
        const auto answer = server.ask("GET", target, {}, TestServer::token);
        for (const auto id : ids(boost::json::parse(std::get<std::string>(answer.body))))
            seen.push_back(id);
        const auto link = link_of(answer);
        target = link.empty() ? std::string() : link.substr(1, link.find('>') - 1);
    }
    CHECK(target.empty());
    CHECK(seen == std::vector<std::int64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("a filter that fits little gives a short page that leads on, and holds nobody up") {
    support::TestSite test;
    for (int i = 0; i < 2500; ++i)
        test.boots().note(event("r640"));
    test.boots().note(event("r640", EventKind::up));
    test.boots().flush();
    TestServer server(test);
    const auto first = server.ask("GET", "/api/v1/events?kind=up", {}, TestServer::token);
    CHECK(std::get<std::string>(first.body) == "[]\n");
    CHECK(link_of(first) == "</api/v1/events?after=2000&kind=up>; rel=\"next\"");
    CHECK(ids(server.api("/api/v1/events?after=2000&kind=up")) == std::vector<std::int64_t>{2501});
}

TEST_CASE("the first event of a time is found by halves, also where ids are missing and clocks stand still") {
    support::TestSite test;
    const auto start = test.boots().record(event("r640"))->time;
    for (int i = 0; i < 100; ++i) {
        if (i % 3 == 0) test.advance(std::chrono::seconds(1));
        REQUIRE(test.boots().record(event("r640")));
    }
    for (int second = 0; second <= 34; ++second) {
        const auto time = start + std::chrono::seconds(second);
        const auto before = api::before_time(test.boots(), time);
        REQUIRE(before);
        for (const auto& each : test.events())
            CHECK((each.id > *before) == (each.time >= time));
    }
    CHECK(*api::before_time(test.boots(), start + std::chrono::hours(1)) == 101);
}

TEST_CASE("boots come newest first, with what each stage took, in pages") {
    support::TestSite test;
    TestServer server(test);
    for (int i = 0; i < 3; ++i) {
        test.advance(std::chrono::seconds(60));
        REQUIRE(test.boots().start_boot(event("r640")));
    }
    auto kernel = event("r640", EventKind::file_sent);
    kernel.boot = test.events().back().boot;
    kernel.file = "kernel";
    kernel.sent = kernel.size = 10;
    test.advance(std::chrono::milliseconds(2500));
    REQUIRE(test.boots().record(kernel));
    const auto newest = server.ask("GET", "/api/v1/boots?limit=1", {}, TestServer::token);
    const auto page = boost::json::parse(std::get<std::string>(newest.body)).as_array();
    REQUIRE(page.size() == 1);
    CHECK(page[0].at("id").as_string() == kernel.boot);
    CHECK(page[0].at("durations").at("kernel").as_double() == doctest::Approx(2.5));
    CHECK(link_of(newest) == "</api/v1/boots?after=" + kernel.boot + "&limit=1>; rel=\"next\"");
    CHECK(server.api("/api/v1/boots?after=" + kernel.boot).as_array().size() == 2);
    CHECK(server.api("/api/v1/boots?host=other").as_array().empty());
}
