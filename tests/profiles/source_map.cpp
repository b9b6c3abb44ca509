#include "profiles/source_map.hpp"

#include <doctest/doctest.h>
#include <toml++/toml.h>

using namespace musterd;
using namespace musterd::profiles;

namespace {

base::Position at(const toml::node& node) {
    return {"f", node.source().begin.line, node.source().begin.column};
}

std::string text_of(const base::Position& where) {
    return std::to_string(where.line) + ":" + std::to_string(where.column);
}

/// Every kind of string that TOML has, with comments and commas about.
const std::string document = R"toml(a = [ "plain", 'it''s', # "comment", ]
  "esc\"aped\\", "",
  """two " quotes""", '''
raw \ text''', "é", """x\
     y""",
  """ends in two"""""
]
lone = 'text'
)toml";

}  // namespace

TEST_CASE("items of an array are found where the parser saw them, whatever kind of string they are") {
    const std::string text = [] {
        auto without_slip = document;  // 'it''s' would be two strings: TOML has no doubled quotes
        return without_slip.replace(without_slip.find("it''s"), 5, "it\\s");
    }();
    const auto table = toml::parse(text);
    const auto& array = *table["a"].as_array();
    const SourceMap map("f", text);
    REQUIRE(array.size() == 9);
    for (std::size_t i = 0; i < array.size(); ++i) {
        CAPTURE(i);
        CHECK(text_of(map.item(at(array), i)) == text_of(at(*array.get(i))));
    }
    CHECK(text_of(map.item(at(*table.get("lone")), 0)) == "8:8");
}

TEST_CASE("a byte of a value is found behind escapes, folded lines and wide characters") {
    struct Row {
        std::string text;
        std::size_t offset;
        std::string place;
    };
    const std::vector<Row> rows = {
        {R"(v = "abcdef")", 0, "1:6"},
        {R"(v = "abcdef")", 3, "1:9"},
        {R"(v = 'a\cdef')", 3, "1:9"},
        {R"(v = "a\"\\\td")", 4, "1:13"},
        {R"(v = "\u00e9x")", 2, "1:12"},
        {R"(v = "\U0001f427x")", 4, "1:16"},
        {"v = \"\xc3\xa9x\"", 2, "1:7"},
        {"v = \"\"\"\nab\ncd\"\"\"", 4, "3:2"},
        {"v = \"\"\"\r\nab\"\"\"", 1, "2:2"},
        {"v = '''\nab\\\ncd'''", 4, "3:1"},
        {"v = \"\"\"a\\\n   \n  b\"\"\"", 1, "3:3"},
        {"v = \"\"\"\\\n  b\"\"\"", 0, "2:3"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto table = toml::parse(row.text);
        const SourceMap map("f", row.text);
        CHECK(text_of(map.byte(at(*table.get("v")), row.offset)) == row.place);
    }
}

TEST_CASE("every byte of a value is found at a character that gives it") {
    const auto table = toml::parse(std::string_view("v = \"\"\"\na{{b}}\\\n   c\\u0041 \xc3\xa9 \\\" d\"\"\""));
    const std::string text = "v = \"\"\"\na{{b}}\\\n   c\\u0041 \xc3\xa9 \\\" d\"\"\"";
    const auto value = *table["v"].value<std::string>();
    const SourceMap map("f", text);
    for (std::size_t i = 0; i < value.size(); ++i) {
        const auto where = map.byte(at(*table.get("v")), i);
        const auto line =
            where.line == 2 ? std::string_view("a{{b}}\\") : std::string_view("   c\\u0041 \xc3\xa9 \\\" d");
        const bool simple = std::string_view("a{}bc d").find(value[i]) != std::string_view::npos;
        const auto index = where.column - 1 + (where.line == 3 && where.column > 12 ? 1U : 0U);  // é is two bytes
        if (simple) CHECK(line[index] == value[i]);
    }
}

TEST_CASE("a place that is no string, or not in the text, is given back") {
    const SourceMap map("f", "a = 1\n");
    CHECK(text_of(map.item({"f", 1, 5}, 2)) == "1:5");
    CHECK(text_of(map.byte({"f", 1, 5}, 2)) == "1:5");
    CHECK(text_of(map.item({"f", 9, 1}, 0)) == "9:1");
    CHECK(text_of(map.byte({"f", 0, 0}, 1)) == "0:0");
    CHECK(text_of(SourceMap("f", "a = [1, 2]").item({"f", 1, 5}, 1)) == "1:5");
    CHECK(text_of(SourceMap("f", "a = [").item({"f", 1, 5}, 0)) == "1:5");
    CHECK(text_of(SourceMap("f", "a = \"x").byte({"f", 1, 5}, 9)) == "1:5");
}
