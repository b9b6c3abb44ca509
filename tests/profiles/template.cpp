#include "profiles/template.hpp"

#include <doctest/doctest.h>

using namespace musterd::profiles;

namespace {

std::string rendered(std::string_view text) {
    const auto parsed = Template::parse(text);
    REQUIRE(parsed.has_value());
    return parsed->render([](std::string_view name) { return "<" + std::string(name) + ">"; });
}

}  // namespace

TEST_CASE("names between double braces are replaced, all else stays as it is") {
    struct Row {
        std::string_view text;
        std::string_view result;
    };
    const std::vector<Row> rows = {
        {"", ""},
        {"plain", "plain"},
        {"{{a}}", "<a>"},
        {"x={{vars.gpu}}", "x=<vars.gpu>"},
        {"{{ host.name }}.{{host.mac}}!", "<host.name>.<host.mac>!"},
        {"{ {a} } }}", "{ {a} } }}"},
        {"${net0/mac} %s \\", "${net0/mac} %s \\"},
        {"{{a_b-C.9}}", "<a_b-C.9>"},
        {"\xc3\xa9{{a}}\n{{b}}", "\xc3\xa9<a>\n<b>"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(rendered(row.text) == row.result);
    }
}

TEST_CASE("a value that looks like a tag is not replaced again") {
    CHECK(Template::parse("{{a}}")->render([](std::string_view) { return "{{b}}"; }) == "{{b}}");
}

TEST_CASE("pieces know where they stand") {
    using Piece = Template::Piece;
    CHECK(Template::parse("x={{ a }}y")->pieces() ==
          std::vector<Piece>{{Piece::Kind::text, "x=", 0}, {Piece::Kind::name, "a", 5}, {Piece::Kind::text, "y", 9}});
}

TEST_CASE("what is not a name is refused with its place") {
    struct Row {
        std::string_view text;
        std::size_t offset;
        std::string_view message;
    };
    const std::vector<Row> rows = {
        {"ab{{", 2, "{{ without }}"},
        {"{{a}} {{b} }", 6, "{{ without }}"},
        {"{{}}", 2, "a name is missing between {{ and }}"},
        {"{{  }}", 4, "a name is missing between {{ and }}"},
        {"{{ #each a }}", 3, "\"each\" and \"if\" are not built yet"},
        {"{{/if}}", 2, "\"each\" and \"if\" are not built yet"},
        {"{{!x}}", 2, "comments are not built yet"},
        {"{{a|shell}}", 2, "filters are not built yet"},
        {"{{a b}}", 3, "\"a b\" is not a name: letters, digits, '_' and '-', with single dots between words"},
        {"{{.a}}", 2, "\".a\" is not a name: letters, digits, '_' and '-', with single dots between words"},
        {"{{a.}}", 3, "\"a.\" is not a name: letters, digits, '_' and '-', with single dots between words"},
        {"{{a..b}}", 4, "\"a..b\" is not a name: letters, digits, '_' and '-', with single dots between words"},
        {"{{{a}}}", 2, "\"{a\" is not a name: letters, digits, '_' and '-', with single dots between words"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto parsed = Template::parse(row.text);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().offset == row.offset);
        CHECK(parsed.error().message == row.message);
    }
}
