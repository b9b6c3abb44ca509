#include "http/range.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using musterd::http::choose_range;
using musterd::http::content_range;
using musterd::http::RangeChoice;
using Kind = RangeChoice::Kind;

TEST_CASE("ranges that make one are cut to the file, and anything else gives the whole") {
    struct Row {
        std::string field;
        RangeChoice expected;
        std::string content_range;
    };
    const std::vector<Row> rows = {
        {"", {Kind::whole, 0, 1000}, ""},
        {"bytes=0-0", {Kind::part, 0, 1}, "bytes 0-0/1000"},
        {"bytes=0-999", {Kind::part, 0, 1000}, "bytes 0-999/1000"},
        {"bytes=100-199", {Kind::part, 100, 100}, "bytes 100-199/1000"},
        {"bytes=900-5000", {Kind::part, 900, 100}, "bytes 900-999/1000"},
        {"bytes=0-", {Kind::part, 0, 1000}, "bytes 0-999/1000"},  // GRUB: 206 even from 0
        {"bytes=512-", {Kind::part, 512, 488}, "bytes 512-999/1000"},
        {"bytes=999-", {Kind::part, 999, 1}, "bytes 999-999/1000"},
        {"bytes=-1", {Kind::part, 999, 1}, "bytes 999-999/1000"},
        {"bytes=-5000", {Kind::part, 0, 1000}, "bytes 0-999/1000"},
        {"Bytes= 5-6 ", {Kind::part, 5, 2}, "bytes 5-6/1000"},
        {"bytes=0-18446744073709551615", {Kind::part, 0, 1000}, "bytes 0-999/1000"},
        {"bytes=0-99999999999999999999999", {Kind::part, 0, 1000}, "bytes 0-999/1000"},
        {"bytes=-99999999999999999999999", {Kind::part, 0, 1000}, "bytes 0-999/1000"},
        {"bytes=1000-", {Kind::unsatisfiable, 0, 0}, "bytes */1000"},
        {"bytes=1000-1001", {Kind::unsatisfiable, 0, 0}, "bytes */1000"},
        {"bytes=99999999999999999999999-", {Kind::unsatisfiable, 0, 0}, "bytes */1000"},
        {"bytes=-0", {Kind::unsatisfiable, 0, 0}, "bytes */1000"},
        {"bytes=5-4", {Kind::whole, 0, 1000}, ""},
        // Several that make one, in any order; those behind the end are left out.
        {"bytes=1-2,3-6", {Kind::part, 1, 6}, "bytes 1-6/1000"},
        {"bytes=10-19, 0-9", {Kind::part, 0, 20}, "bytes 0-19/1000"},
        {"bytes=0-99,50-149,20-30", {Kind::part, 0, 150}, "bytes 0-149/1000"},
        {"bytes=5-5,5-5", {Kind::part, 5, 1}, "bytes 5-5/1000"},
        {"bytes=900-,-200", {Kind::part, 800, 200}, "bytes 800-999/1000"},
        {"bytes=,7-8,,\t9-9 ,", {Kind::part, 7, 3}, "bytes 7-9/1000"},
        {"bytes=1000-2000,4-5", {Kind::part, 4, 2}, "bytes 4-5/1000"},
        {"bytes=-0,4-5", {Kind::part, 4, 2}, "bytes 4-5/1000"},
        {"bytes=1000-,-0", {Kind::unsatisfiable, 0, 0}, "bytes */1000"},
        // Several with gaps, and lists with a mistake.
        {"bytes=1-2,5-6", {Kind::whole, 0, 1000}, ""},
        {"bytes=1-2,4-4", {Kind::whole, 0, 1000}, ""},
        {"bytes=0-9,x", {Kind::whole, 0, 1000}, ""},
        {"bytes=0-9,10-5", {Kind::whole, 0, 1000}, ""},
        {"bytes=0-9,bytes=10-19", {Kind::whole, 0, 1000}, ""},
        {"bytes=,", {Kind::whole, 0, 1000}, ""},
        {"bytes=", {Kind::whole, 0, 1000}, ""},
        {"bytes=-", {Kind::whole, 0, 1000}, ""},
        {"bytes=5", {Kind::whole, 0, 1000}, ""},
        {"bytes=a-b", {Kind::whole, 0, 1000}, ""},
        {"bytes=+1-2", {Kind::whole, 0, 1000}, ""},
        {"bytes=1--2", {Kind::whole, 0, 1000}, ""},
        {"bytes 1-2", {Kind::whole, 0, 1000}, ""},
        {"lines=1-2", {Kind::whole, 0, 1000}, ""},
        {"byte=1-2", {Kind::whole, 0, 1000}, ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.field);
        const auto choice = choose_range(row.field, 1000);
        CHECK(choice.kind == row.expected.kind);
        CHECK(choice.offset == row.expected.offset);
        CHECK(choice.length == row.expected.length);
        CHECK(content_range(choice, 1000) == row.content_range);
    }
}

TEST_CASE("any range of an empty file gives the whole of it") {
    for (const auto* const field : {"bytes=0-", "bytes=0-0", "bytes=-5", "bytes=7-"}) {
        CAPTURE(field);
        CHECK(choose_range(field, 0) == RangeChoice{Kind::whole, 0, 0});
    }
}

TEST_CASE("a thousand ranges cost no more than their sorting") {
    std::string field = "bytes=";
    for (int i = 999; i >= 0; --i)
        field += std::to_string(2 * i) + "-" + std::to_string(2 * i + 1) + ",";
    CHECK(choose_range(field, 2000) == RangeChoice{Kind::part, 0, 2000});
}

TEST_CASE("ranges of files beyond 4 GiB keep all their bits") {
    const std::uint64_t total = 6'000'000'000;
    CHECK(choose_range("bytes=5000000000-", total) == RangeChoice{Kind::part, 5'000'000'000, 1'000'000'000});
    CHECK(content_range(choose_range("bytes=-1", total), total) == "bytes 5999999999-5999999999/6000000000");
}
