#include "server/app/line_diff.hpp"

#include <doctest/doctest.h>

#include <vector>

using musterd::app::line_diff;

TEST_CASE("a difference is the lines that go and come, in order, and no others") {
    struct Row {
        const char* before;
        const char* after;
        const char* difference;
    };
    const std::vector<Row> rows = {
        {"", "", ""},
        {"a\nb\n", "a\nb\n", ""},
        {"a\nb\n", "a\nb", ""},
        {"", "a\n", "+a\n"},
        {"a\n", "", "-a\n"},
        {"a\nb\nc\n", "a\nx\nc\n", "-b\n+x\n"},
        {"a\nb\nc\nd\n", "b\nc\ne\nd\n", "-a\n+e\n"},
        {"x\nx\n", "x\nx\nx\n", "+x\n"},
        {"a\n\nb\n", "a\nb\n", "-\n"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.before);
        CAPTURE(row.after);
        CHECK(line_diff(row.before, row.after) == row.difference);
    }
}
