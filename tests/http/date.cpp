#include "http/date.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace musterd::http;
using musterd::base::parse_rfc3339;

namespace {
const auto now = *parse_rfc3339("2026-11-21T12:00:00.000Z");
}

TEST_CASE("dates are in the one form that HTTP makes") {
    const auto date = [](const char* text) { return http_date(*parse_rfc3339(text)); };
    CHECK(date("1994-11-06T08:49:37.999Z") == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(date("2024-02-29T00:00:00.000Z") == "Thu, 29 Feb 2024 00:00:00 GMT");
    CHECK(date("2026-12-31T23:59:59.000Z") == "Thu, 31 Dec 2026 23:59:59 GMT");
}

TEST_CASE("dates are read in the three forms of RFC 9110") {
    const std::vector<std::pair<std::string, const char*>> rows = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z"},
        {"Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37.000Z"},
        {"Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z"},
        {"Sun Nov 16 08:49:37 1994", "1994-11-16T08:49:37.000Z"},
        {"Monday, 01-Jan-76 00:00:00 GMT", "2076-01-01T00:00:00.000Z"},  // 50 years from now
        {"Monday, 01-Jan-77 00:00:00 GMT", "1977-01-01T00:00:00.000Z"},
        {"Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00.000Z"},  // a leap second
    };
    for (const auto& row : rows) {
        CAPTURE(row.first);
        const auto read = parse_http_date(row.first, now);
        REQUIRE(read);
        CHECK(*read == *parse_rfc3339(row.second));
    }
}

TEST_CASE("what is no date is none") {
    for (const auto* const text :
         {"", "0", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
          "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT", "Son, 06 Nov 1994 08:49:37 GMT",
          "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
          "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
          "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_http_date(text, now));
    }
}
