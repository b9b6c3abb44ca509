#include "http/downloads.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace musterd::http;
using Refusable = Downloads::Refusable;

TEST_CASE("so many large downloads are let in at once, and a place is free again when one ends") {
    const auto downloads = std::make_shared<Downloads>(2);
    auto one = Downloads::enter(downloads, Refusable::yes);
    const auto two = Downloads::enter(downloads, Refusable::yes);
    REQUIRE(one);
    REQUIRE(two);
    CHECK_FALSE(Downloads::enter(downloads, Refusable::yes));
    CHECK_FALSE(Downloads::enter(downloads, Refusable::yes));
    CHECK(downloads->refused() == 2);
    one.reset();
    CHECK(Downloads::enter(downloads, Refusable::yes));
}

TEST_CASE("who may not be refused gets in, and takes a place all the same") {
    const auto downloads = std::make_shared<Downloads>(1);
    const auto one = Downloads::enter(downloads, Refusable::no);
    auto two = Downloads::enter(downloads, Refusable::no);
    REQUIRE(two);
    CHECK_FALSE(Downloads::enter(downloads, Refusable::yes));
    two.reset();
    CHECK_FALSE(Downloads::enter(downloads, Refusable::yes));
}

TEST_CASE("a place outlives the server that gave it") {
    auto downloads = std::make_shared<Downloads>(1);
    const auto place = Downloads::enter(downloads, Refusable::yes);
    downloads.reset();
    CHECK(place);
}

TEST_CASE("those who are refused do not all come back in the same second") {
    const auto downloads = std::make_shared<Downloads>(0);
    const auto first = downloads->retry_after();
    CHECK_FALSE(Downloads::enter(downloads, Refusable::yes));
    CHECK(downloads->retry_after() != first);
    for (int i = 0; i < 20; ++i) {
        CHECK_FALSE(Downloads::enter(downloads, Refusable::yes));
        CHECK(downloads->retry_after() >= 3);
        CHECK(downloads->retry_after() <= 7);
    }
}

TEST_CASE("clients whose boot ends with a refusal are not refused") {
    const auto asked = [](std::map<std::string, std::string> headers) {
        Request request;
        request.headers = std::move(headers);
        return refusable(request);
    };
    CHECK(asked({{"host", "s"}, {"user-agent", "iPXE/1.21.1+"}}) == Refusable::yes);
    CHECK(asked({{"host", "s"}, {"user-agent", "Cloud-Init/24.1"}}) == Refusable::yes);
    CHECK(asked({{"host", "s"}, {"user-agent", "curl/7.88.1"}}) == Refusable::yes);
    CHECK(asked({{"host", "s"}}) == Refusable::yes);
    CHECK(asked({{"host", "s"}, {"user-agent", "UefiHttpBoot/1.0"}}) == Refusable::no);
    CHECK(asked({{"host", "s"}, {"user-agent", "GRUB 2.06"}}) == Refusable::no);
    CHECK(asked({{"host", "s"}, {"user-agent", "Wget"}}) == Refusable::no);
    CHECK(asked({{"host", "s"}, {"user-agent", "Wget/1.21"}}) == Refusable::no);
    CHECK(asked({{"host", "s"}, {"user-agent", "lwIP/2.2.0 (http://savannah.nongnu.org/projects/lwip)"}}) ==
          Refusable::no);
    CHECK(asked({}) == Refusable::no);  // U-Boot's own wget: a request line and nothing else
}
