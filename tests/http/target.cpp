#include "http/target.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using musterd::http::parse_target;

TEST_CASE("targets are decoded and their paths folded") {
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"/", "/"},
        {"/boot/script", "/boot/script"},
        {"/boot/script/", "/boot/script/"},
        {"//boot///script", "/boot/script"},
        {"/./boot/./script/.", "/boot/script"},
        {"/a%20b", "/a b"},
        {"/a%2Fb", "/a/b"},
        {"/%62oot", "/boot"},
        {"/a/..b/c..", "/a/..b/c.."},
        {"/...", "/..."},
        {"/a+b", "/a+b"},
        {"/%C3%A4", "/\xc3\xa4"},
        {"http://10.0.0.1:8080/boot/x.efi", "/boot/x.efi"},
        {"http://server", "/"},
        {"https://server/a//b", "/a/b"},
    };
    for (const auto& row : rows) {
        const auto& text = row.first;
        CAPTURE(text);
        const auto target = parse_target(text);
        REQUIRE(target);
        CHECK(target->path == row.second);
    }
}

TEST_CASE("targets that leave the tree or are no URLs are refused") {
    for (const std::string text : {"",
                                   "*",
                                   "boot",
                                   "/..",
                                   "/../etc/passwd",
                                   "/a/../b",
                                   "/a/..",
                                   "/%2e%2e/x",
                                   "/a%2f..%2fb",
                                   "/.%2E/",
                                   "/a%00b",
                                   "/%",
                                   "/%4",
                                   "/%zz",
                                   "/a b",
                                   "/a\"b",
                                   "server:443",
                                   "ftp://server/x",
                                   "http:/..",
                                   "http://s/../x",
                                   "/a#fragment",
                                   "/\x01"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_target(text));
    }
}

TEST_CASE("query parameters are decoded, and the first of equal names wins") {
    const auto target = parse_target("/s?mac=aa:bb:cc&uuid=&x=1&x=2&sp+ace=a+b%20c&flag&p=%2B%26%3D");
    REQUIRE(target);
    CHECK(target->query ==
          std::map<std::string, std::string>{
              {"mac", "aa:bb:cc"}, {"uuid", ""}, {"x", "1"}, {"sp ace", "a b c"}, {"flag", ""}, {"p", "+&="}});
}
