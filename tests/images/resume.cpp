#include "images/resume.hpp"

#include "images/url.hpp"

#include <doctest/doctest.h>

using namespace musterd::images;

namespace {

using Action = Continuation::Action;

const Held nothing;
const Held half{5, "\"v1\"", 10};
const Held all{10, "\"v1\"", 10};

ResponseHead part(const std::string& range, const std::string& etag = "\"v1\"") {
    return {206, etag, {}, range, {}};
}

}  // namespace

TEST_CASE("a whole answer starts over, and says what to hold it by") {
    const ResponseHead head{200, "\"v2\"", "Sat, 21 Nov 2026 09:00:00 GMT", {}, 20};
    CHECK(continuation(nothing, head) == Continuation{Action::start_over, {}, {0, "\"v2\"", 20}});
    CHECK(continuation(half, head) == Continuation{Action::start_over, {}, {0, "\"v2\"", 20}});
    CHECK(continuation(nothing, {200, {}, "Sat", {}, {}}).held == Held{0, "Sat", {}});
    CHECK(continuation(nothing, {200, "W/\"weak\"", "Sat", {}, {}}).held.validator.empty());
}

TEST_CASE("a range is appended only where it continues what is held of the same file") {
    CHECK(continuation(half, part("bytes 5-9/10")) == Continuation{Action::append, {}, half});
    CHECK(continuation({5, "\"v1\"", {}}, part("bytes 5-9/10")).held.size == 10);
    CHECK(continuation(half, part("bytes 5-9/*")).action == Action::append);
    CHECK(continuation(half, part("bytes 5-9/10", {})).action == Action::append);
    CHECK(continuation(half, part("bytes 5-9/10", "\"v2\"")).action == Action::ask_again);
    CHECK(continuation(half, part("bytes 5-10/11")).action == Action::ask_again);
    CHECK(continuation(half, part("bytes 4-9/10")).action == Action::refuse);
    CHECK(continuation(half, part("bytes 0-9/10")).action == Action::refuse);
    CHECK(continuation(half, part("")).action == Action::refuse);
    CHECK(continuation(nothing, part("bytes 0-9/10")).action == Action::refuse);
    CHECK(continuation(half, {206, "\"v1\"", {}, "bytes 5-9/10", 4}).action == Action::refuse);
}

TEST_CASE("a range that cannot be satisfied is the end of what is complete") {
    CHECK(continuation(all, {416, {}, {}, "bytes */10", {}}).action == Action::complete);
    CHECK(continuation(all, {416, {}, {}, {}, {}}).action == Action::complete);
    CHECK(continuation(all, {416, {}, {}, "bytes */11", {}}).action == Action::ask_again);
    CHECK(continuation(half, {416, {}, {}, "bytes */4", {}}).action == Action::ask_again);
    CHECK(continuation(nothing, {416, {}, {}, "bytes */4", {}}).action == Action::refuse);
}

TEST_CASE("a server that cannot now is asked again, one that will not is not") {
    for (const unsigned later : {408U, 429U, 500U, 502U, 503U, 504U}) {
        CAPTURE(later);
        CHECK(continuation(nothing, {later, {}, {}, {}, {}}).action == Action::wait);
    }
    for (const unsigned never : {204U, 304U, 400U, 401U, 403U, 404U, 410U, 501U}) {
        CAPTURE(never);
        CHECK(continuation(nothing, {never, {}, {}, {}, {}}).action == Action::refuse);
    }
    CHECK(continuation(nothing, {404, {}, {}, {}, {}}).reason == "the server answers 404");
}

TEST_CASE("Content-Range is read as RFC 9110 has it") {
    CHECK(parse_content_range("bytes 5-9/10") == ContentRange{5, 9, 10});
    CHECK(parse_content_range("bytes 0-0/*") == ContentRange{0, 0, {}});
    CHECK(parse_content_range("bytes */10") == ContentRange{{}, 0, 10});
    for (const auto* bad : {"", "bytes", "bytes 5-9", "bytes 9-5/10", "bytes 5-10/10", "bytes */*", "bytes 5/10",
                            "lines 5-9/10", "bytes -5-9/10", "bytes 5-99999999999999999999/*", "bytes 5-9/1x"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_content_range(bad));
    }
}

TEST_CASE("URLs are known, named by their last part, and shown without what may be secret") {
    CHECK(is_url("http://a/b"));
    CHECK(is_url("https://[::1]:8080/b?c"));
    for (const auto* no :
         {"", "a/b", "/http://a", "ftp://a/b", "http:///b", "http://a/b c", "http://a/b\n", "file:///x"}) {
        CAPTURE(no);
        CHECK_FALSE(is_url(no));
    }
    CHECK(shown_url("https://me:pw@host:8443/a/b.iso?token=1#x") == "https://host:8443/a/b.iso");
    CHECK(file_name_of("http://h/a/b.iso?x=/y") == "b.iso");
    CHECK(file_name_of("http://h/a/my%20iso") == "my iso");
    for (const auto* no :
         {"http://h", "http://h/", "http://h/..", "http://h/%2e%2e", "http://h/a%2fb", "http://h/%00"}) {
        CAPTURE(no);
        CHECK(file_name_of(no) == "download");
    }
}
