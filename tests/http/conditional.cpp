#include "http/conditional.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace musterd::http;

namespace {
Request with(std::map<std::string, std::string> headers) {
    Request request;
    request.headers = std::move(headers);
    return request;
}
}  // namespace

TEST_CASE("If-Match and If-None-Match are weighed in the order of RFC 9110 13.2.2") {
    struct Row {
        std::map<std::string, std::string> headers;
        std::string etag;
        Precondition expected;
    };
    const std::vector<Row> rows = {
        {{}, "\"a\"", Precondition::proceed},
        {{{"if-match", "\"a\""}}, "\"a\"", Precondition::proceed},
        {{{"if-match", "\"b\""}}, "\"a\"", Precondition::failed},
        {{{"if-match", "\"b\", \"a\""}}, "\"a\"", Precondition::proceed},
        {{{"if-match", "*"}}, "\"a\"", Precondition::proceed},
        {{{"if-match", "*"}}, "", Precondition::proceed},
        {{{"if-match", "\"a\""}}, "", Precondition::failed},
        {{{"if-match", "W/\"a\""}}, "\"a\"", Precondition::failed},  // strong comparison
        {{{"if-match", "\"a\""}}, "W/\"a\"", Precondition::failed},
        {{{"if-match", "a"}}, "\"a\"", Precondition::failed},
        {{{"if-match", "\"a"}}, "\"a\"", Precondition::failed},
        {{{"if-match", ""}}, "\"a\"", Precondition::failed},
        {{{"if-none-match", "\"a\""}}, "\"a\"", Precondition::not_modified},
        {{{"if-none-match", "W/\"a\""}}, "\"a\"", Precondition::not_modified},  // weak comparison
        {{{"if-none-match", "\"x\" ,, \"a\""}}, "\"a\"", Precondition::not_modified},
        {{{"if-none-match", "*"}}, "", Precondition::not_modified},
        {{{"if-none-match", "\"b\""}}, "\"a\"", Precondition::proceed},
        {{{"if-none-match", "\"a\""}}, "", Precondition::proceed},
        {{{"if-none-match", "nonsense"}}, "\"a\"", Precondition::proceed},
        {{{"if-match", "\"b\""}, {"if-none-match", "\"a\""}}, "\"a\"", Precondition::failed},
        {{{"if-match", "\"a\""}, {"if-none-match", "\"a\""}}, "\"a\"", Precondition::not_modified},
        {{{"if-modified-since", "Sat, 21 Nov 2026 09:30:00 GMT"}}, "\"a\"", Precondition::proceed},
        {{{"if-unmodified-since", "Sat, 21 Nov 1998 09:30:00 GMT"}}, "\"a\"", Precondition::proceed},
    };
    for (const auto& row : rows) {
        std::string sent;
        for (const auto& [name, value] : row.headers)
            sent.append(name).append(": ").append(value).append("; ");
        CAPTURE(sent);
        CAPTURE(row.etag);
        CHECK(evaluate_preconditions(with(row.headers), row.etag) == row.expected);
    }
}

TEST_CASE("If-Range lets a range through only for the very same file") {
    CHECK(range_applies(with({}), "\"a\""));
    CHECK(range_applies(with({{"if-range", "\"a\""}}), "\"a\""));
    CHECK_FALSE(range_applies(with({{"if-range", "\"b\""}}), "\"a\""));
    CHECK_FALSE(range_applies(with({{"if-range", "W/\"a\""}}), "\"a\""));
    CHECK_FALSE(range_applies(with({{"if-range", "\"a\""}}), ""));
    CHECK_FALSE(range_applies(with({{"if-range", "\"a\" \"a\""}}), "\"a\""));
    CHECK_FALSE(range_applies(with({{"if-range", "Sat, 21 Nov 2026 09:30:00 GMT"}}), "\"a\""));
    CHECK_FALSE(range_applies(with({{"if-range", ""}}), "\"a\""));
}

TEST_CASE("an entity tag is quoted only if it may stand in quotes") {
    CHECK(quote_etag("sha256-00ff") == "\"sha256-00ff\"");
    CHECK(quote_etag("").empty());
    CHECK(quote_etag("a\"b").empty());
    CHECK(quote_etag("a b").empty());
    CHECK(quote_etag("a\r\nX: y").empty());
}
