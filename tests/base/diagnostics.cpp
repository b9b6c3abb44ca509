#include "server/base/diagnostics.hpp"

#include <doctest/doctest.h>

using namespace musterd::base;

TEST_CASE("problems come out sorted by place, with their line and a caret") {
    Diagnostics problems;
    problems.add_source("a.toml", "one = 1\n\ttwo = \"ü\" x\n");
    problems.error({"b.toml", 0, 0}, "No such file or directory");
    problems.warning({"a.toml", 2, 12}, "stray x");
    problems.error({"a.toml", 1, 7}, "too small");
    CHECK(problems.render() ==
          "a.toml:1:7: error: too small\n"
          "    one = 1\n"
          "          ^\n"
          "a.toml:2:12: warning: stray x\n"
          "    \ttwo = \"ü\" x\n"
          "    \t          ^\n"
          "b.toml: error: No such file or directory\n");
    CHECK(problems.has_errors());
}

TEST_CASE("a warning alone is no error") {
    Diagnostics problems;
    CHECK(problems.empty());
    problems.warning({"a", 1, 1}, "hm");
    CHECK_FALSE(problems.has_errors());
    CHECK_FALSE(problems.empty());
}

TEST_CASE("a place beyond the text is shown without a line") {
    Diagnostics problems;
    problems.add_source("a", "x");
    problems.error({"a", 9, 3}, "odd");
    CHECK(problems.render() == "a:9:3: error: odd\n");
}

TEST_CASE("the nearest word is offered only when it is near") {
    CHECK(nearest("profle", {"name", "profile", "mac"}) == "profile");
    CHECK(nearest("amc", {"name", "profile", "mac"}) == "mac");  // swapped letters
    CHECK(nearest("zzzzzz", {"name", "profile", "mac"}).empty());
    CHECK(nearest("x", {}).empty());
}

TEST_CASE("a line that holds a secret is named and not shown, whatever else is wrong in it") {
    Diagnostics problems;
    problems.add_source("a", "one = 1\ntoken = 'K10'\n");
    problems.error({"a", 2, 1}, "unknown key");
    problems.hide_line({"a", 2, 9});
    problems.error({"a", 1, 1}, "odd");
    CHECK(problems.render() == "a:1:1: error: odd\n    one = 1\n    ^\na:2:1: error: unknown key\n");
}
