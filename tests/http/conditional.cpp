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

musterd::base::Time at(const char* text) {
    return *musterd::base::parse_rfc3339(text);
}

const auto now = at("2026-11-21T12:00:00.000Z");

Validators tagged(std::string etag) {
    return {std::move(etag), {}, now};
}

/// Of a file that was changed on 2026-11-20 at 10:00:00.7.
Validators dated(std::string etag) {
    return {std::move(etag), at("2026-11-20T10:00:00.700Z"), now};
}

const std::string before = "Fri, 20 Nov 2026 09:59:59 GMT";
const std::string then = "Fri, 20 Nov 2026 10:00:00 GMT";
const std::string after = "Fri, 20 Nov 2026 10:00:01 GMT";

std::string shown(const std::map<std::string, std::string>& headers) {
    std::string text;
    for (const auto& [name, value] : headers)
        text.append(name).append(": ").append(value).append("; ");
    return text;
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
        CAPTURE(shown(row.headers));
        CAPTURE(row.etag);
        CHECK(evaluate_preconditions(with(row.headers), tagged(row.etag)) == row.expected);
    }
}

TEST_CASE("dates count where there is no entity tag condition before them, and where the file has one") {
    const auto proceed = Precondition::proceed;
    const auto failed = Precondition::failed;
    const auto not_modified = Precondition::not_modified;
    struct Row {
        std::map<std::string, std::string> headers;
        Precondition expected;
    };
    const std::vector<Row> rows = {
        {{{"if-unmodified-since", before}}, failed},
        {{{"if-unmodified-since", then}}, proceed},
        {{{"if-unmodified-since", after}}, proceed},
        {{{"if-unmodified-since", "Friday, 20-Nov-26 09:59:59 GMT"}}, failed},
        {{{"if-unmodified-since", "Fri Nov 20 09:59:59 2026"}}, failed},
        {{{"if-unmodified-since", "yesterday"}}, proceed},
        {{{"if-unmodified-since", before + ", " + before}}, proceed},  // two of them are none
        {{{"if-modified-since", before}}, proceed},
        {{{"if-modified-since", then}}, not_modified},
        {{{"if-modified-since", after}}, not_modified},
        {{{"if-modified-since", "0"}}, proceed},
        {{{"if-match", "\"a\""}, {"if-unmodified-since", before}}, proceed},
        {{{"if-match", "\"b\""}, {"if-unmodified-since", after}}, failed},
        {{{"if-none-match", "\"b\""}, {"if-modified-since", after}}, proceed},
        {{{"if-none-match", "\"a\""}, {"if-modified-since", before}}, not_modified},
        {{{"if-unmodified-since", before}, {"if-none-match", "\"a\""}}, failed},
        {{{"if-unmodified-since", before}, {"if-modified-since", after}}, failed},
        {{{"if-unmodified-since", then}, {"if-modified-since", then}}, not_modified},
    };
    for (const auto& row : rows) {
        CAPTURE(shown(row.headers));
        CHECK(evaluate_preconditions(with(row.headers), dated("\"a\"")) == row.expected);
        const bool tags = row.headers.contains("if-match") || row.headers.contains("if-none-match");
        if (!tags) CHECK(evaluate_preconditions(with(row.headers), tagged("\"a\"")) == proceed);
    }
}

TEST_CASE("If-Range lets a range through only for the very same file") {
    struct Row {
        std::map<std::string, std::string> headers;
        Validators validators;
        bool expected = false;
    };
    const std::vector<Row> rows = {
        {{}, tagged("\"a\""), true},
        {{{"if-range", "\"a\""}}, tagged("\"a\""), true},
        {{{"if-range", "\"b\""}}, tagged("\"a\""), false},
        {{{"if-range", "W/\"a\""}}, tagged("\"a\""), false},
        {{{"if-range", "W/\"a\""}}, tagged("W/\"a\""), false},
        {{{"if-range", "\"a\""}}, tagged(""), false},
        {{{"if-range", "\"a\" \"a\""}}, tagged("\"a\""), false},
        {{{"if-range", "\"a\", \"b\""}}, tagged("\"a\""), false},
        {{{"if-range", ""}}, tagged("\"a\""), false},
        {{{"if-range", then}}, tagged("\"a\""), false},
        {{{"if-range", then}}, dated("\"a\""), true},
        {{{"if-range", "Fri Nov 20 10:00:00 2026"}}, dated(""), true},
        {{{"if-range", before}}, dated("\"a\""), false},
        {{{"if-range", after}}, dated("\"a\""), false},  // later, and yet not this one
        {{{"if-range", "\"" + then + "\""}}, dated("\"a\""), false},
    };
    for (const auto& row : rows) {
        CAPTURE(shown(row.headers));
        CAPTURE(row.validators.etag);
        CHECK(range_applies(with(row.headers), row.validators) == row.expected);
    }
}

TEST_CASE("an entity tag is quoted only if it may stand in quotes") {
    CHECK(quote_etag("sha256-00ff") == "\"sha256-00ff\"");
    CHECK(quote_etag("").empty());
    CHECK(quote_etag("a\"b").empty());
    CHECK(quote_etag("a b").empty());
    CHECK(quote_etag("a\r\nX: y").empty());
}
