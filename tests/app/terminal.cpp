#include "server/app/terminal.hpp"

#include "server/app/table.hpp"
#include "server/app/timeline.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace std::chrono_literals;

TEST_CASE("a table that is too wide is cut in its last column, then in the widest, and lines up still") {
    const std::vector<std::vector<std::string>> rows{{"HOST", "REASON"},
                                                     {"r640", "it fetched 212 of 640 MB, then nothing"}};
    CHECK(app::table(rows, 0).find("then nothing") != std::string::npos);
    CHECK(app::table(rows, 24) == "HOST  REASON\nr640  it fetched 212 of…\n");
    for (std::size_t width = 16; width < 60; ++width) {
        const auto text = app::table({{"A", "B", "C"}, {"rück-wärts-und-lang", std::string(30, 'b'), "c"}}, width);
        CAPTURE(width);
        for (std::size_t start = 0; start < text.size(); start = text.find('\n', start) + 1)
            CHECK(app::columns(std::string_view(text).substr(start, text.find('\n', start) - start)) <=
                  std::max<std::size_t>(width, 28));
    }
}

TEST_CASE("colour is for terminals alone, takes no columns, and is ended where a text is cut") {
    app::Terminal terminal{80, true};
    const auto red = app::painted("failed", "failed", terminal);
    CHECK(red == "\x1b[31mfailed\x1b[0m");
    CHECK(app::columns(red) == 6);
    CHECK(app::cut(red, 4) == "\x1b[31mfai…\x1b[0m");
    CHECK(app::cut("kurz", 4) == "kurz");
    CHECK(app::cut("größer", 4) == "grö…");
    terminal.colour = false;
    CHECK(app::painted("failed", "failed", terminal) == "failed");
}

TEST_CASE("a timeline has its stages in the order of their times, each with a bar where it was") {
    const base::Time start(0ms);
    const auto rows =
        app::timeline({{start + 10s, "kernel"}, {start, "firmware"}, {start + 40s, "up"}, {start + 5s, "script"}}, 40);
    REQUIRE(rows.size() == 5);
    CHECK(rows[1] == std::vector<std::string>{"  firmware", "00:00:00.000Z", "", ""});
    CHECK(rows[2] == std::vector<std::string>{"  script", "00:00:05.000Z", "5.0 s", "#####"});
    CHECK(rows[3] == std::vector<std::string>{"  kernel", "00:00:10.000Z", "5.0 s", "     #####"});
    CHECK(rows[4][3] == std::string(10, ' ') + std::string(30, '#'));
    CHECK(app::timeline({}, 40).size() == 1);
    const auto one = app::timeline({{start, "script"}, {start, "kernel"}}, 1);
    CHECK(one.size() == 3);
}
