#include "server/base/clock.hpp"

#include "server/base/size.hpp"
#include "server/base/ulid.hpp"

#include <doctest/doctest.h>

using namespace musterd::base;
using namespace std::chrono_literals;

TEST_CASE("times are RFC 3339 in UTC with milliseconds, both ways") {
    const Time time(1'795'253'400'125ms);
    CHECK(to_rfc3339(time) == "2026-11-21T09:30:00.125Z");
    CHECK(*parse_rfc3339("2026-11-21T09:30:00.125Z") == time);
    CHECK(to_rfc3339(Time(0ms)) == "1970-01-01T00:00:00.000Z");
    for (const auto* text : {"", "2026-11-21", "2026-02-30T00:00:00.000Z", "2026-11-21T24:00:00.000Z",
                             "2026-11-21T09:30:00.125+", "2026-11-21 09:30:00.125Z", "2026-11-21T09:30:00.12xZ"}) {
        CHECK_FALSE(parse_rfc3339(text));
    }
}

TEST_CASE("durations are read as people write them") {
    CHECK(*parse_duration("15m") == 15min);
    CHECK(*parse_duration("1h30m") == 90min);
    CHECK(*parse_duration("90s") == 90s);
    CHECK(*parse_duration("250ms") == 250ms);
    CHECK(*parse_duration("7") == 7s);
    CHECK(*parse_duration("0") == 0s);
    CHECK(*parse_duration("90d") == 90 * 24h);
    for (const auto* text :
         {"", "m", "-5s", "5x", "5s5", "1.5s", "99999999999999999999s", "9000000000000h", "366d", "1h 2m"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text));
    }
}

TEST_CASE("sizes are read as people write them") {
    CHECK(*parse_size("1GiB") == 1'073'741'824U);
    CHECK(*parse_size("512MiB") == 536'870'912U);
    CHECK(*parse_size("64KiB") == 65'536U);
    CHECK(*parse_size("7") == 7U);
    for (const auto* text :
         {"", "GiB", "-1GiB", "1.5GiB", "1GB", "1 GiB", "1gib", "99999999999TiB", "18446744073709551616"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_size(text));
    }
}

TEST_CASE("durations are shown in two units at the most") {
    CHECK(humanize(12ms) == "12 ms");
    CHECK(humanize(1'440ms) == "1.4 s");
    CHECK(humanize(125s) == "2 min 5 s");
    CHECK(humanize(3h + 4min) == "3 h 4 min");
    CHECK(humanize(50h) == "2 d 2 h");
}

TEST_CASE("ULIDs sort by time, differ within a millisecond, and go on from a later one") {
    const auto early = make_ulid(Time(1'000ms));
    const auto late = make_ulid(Time(1'001ms));
    CHECK(is_ulid(early));
    CHECK(early < late);
    CHECK(make_ulid(Time(1'000ms)) != early);
    CHECK(make_ulid(Time(1'469'918'176'385ms)).substr(0, 10) == "01ARYZ6S41");  // the example of the ULID specification
    const auto next = ulid_after(late);
    CHECK(is_ulid(next));
    CHECK(next > late);
}

TEST_CASE("what is not a ULID is told from one") {
    for (const auto* text :
         {"", "01ARYZ6S41TSV4RRFFQ69G5FA", "01ARYZ6S41TSV4RRFFQ69G5FAVV", "81ARYZ6S41TSV4RRFFQ69G5FAV",
          "01aryz6s41tsv4rrffq69g5fav", "01ARYZ6S41TSV4RRFFQ69G5FA/", "../../../../../../../etc/p"}) {
        CHECK_FALSE(is_ulid(text));
    }
    CHECK(is_ulid("01ARYZ6S41TSV4RRFFQ69G5FAV"));
}
