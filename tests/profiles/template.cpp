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

TEST_CASE("conditions and lists choose what comes out") {
    const Template::Values values = [](std::string_view name) -> std::optional<Template::Value> {
        if (name == "yes") return "1";
        if (name == "no") return "0";
        if (name == "off") return "false";
        if (name == "empty") return "";
        if (name == "keys") return std::vector<std::string>{"k1", "k 2"};
        if (name == "none") return std::vector<std::string>{};
        return std::nullopt;
    };
    struct Row {
        std::string_view text;
        std::string_view result;
    };
    const std::vector<Row> rows = {
        {"a{{#if yes}}b{{/if}}c", "abc"},
        {"a{{#if no}}b{{else}}-{{/if}}c", "a-c"},
        {"{{#if off}}1{{/if}}{{#if empty}}2{{/if}}{{#if unknown}}3{{/if}}{{#if none}}4{{/if}}{{#if keys}}5{{/if}}",
         "5"},
        {"{{#each keys}}[{{this}}]{{/each}}{{#each none}}x{{/each}}", "[k1][k 2]"},
        {"{{#each keys}}{{#each keys}}{{this|json}}{{/each}}/{{this}} {{/each}}", R"("k1""k 2"/k1 "k1""k 2"/k 2 )"},
        {"a{{! what nobody prints: {{ }}b", "ab"},
        // A tag alone on its line leaves no line.
        {"keys:\n{{#each keys}}\n  - {{this}}\n{{/each}}\nend\n", "keys:\n  - k1\n  - k 2\nend\n"},
        {"  {{! a remark }}\r\nx", "x"},
        {"{{#if yes}}\n{{#if no}}\na\n{{else}}\nb\n{{/if}}\n{{/if}}", "b\n"},
        {"x {{#if yes}}\ny\n{{/if}}", "x \ny\n"},
        {"{{yes}}\n", "1\n"},
        {"{{#if yes}} {{/if}}\n", " \n"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto parsed = Template::parse(row.text);
        REQUIRE(parsed.has_value());
        CHECK(parsed->problems(values).empty());
        CHECK(parsed->render(values) == row.result);
    }
}

TEST_CASE("names that stand for nothing, or for something else, are found where the values lead") {
    const Template::Values values = [](std::string_view name) -> std::optional<Template::Value> {
        if (name == "text") return "x";
        if (name == "list") return std::vector<std::string>{"a", "b"};
        return std::nullopt;
    };
    struct Row {
        std::string_view text;
        std::vector<TemplateError> problems;
    };
    const std::vector<Row> rows = {
        {"{{text}}{{#if a}}{{a}}{{/if}}", {}},
        {"x{{a}}{{b}}", {{3, "there is no \"a\"", "a"}, {8, "there is no \"b\"", "b"}}},
        {"{{#if text}}{{a}}{{else}}{{b}}{{/if}}", {{14, "there is no \"a\"", "a"}}},
        {"{{#each a}}{{/each}}", {{8, "there is no \"a\"", "a"}}},
        {"{{#each text}}{{/each}}", {{8, "\"text\" is one text, not a list", ""}}},
        {"{{list}}", {{2, "\"list\" is a list: {{#each list}} … {{this}} … {{/each}}", ""}}},
        {"{{this}}", {{2, "there is no \"this\"", "this"}}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto parsed = Template::parse(row.text);
        REQUIRE(parsed.has_value());
        CHECK(parsed->problems(values) == row.problems);
    }
}

TEST_CASE("blocks can be nested, but not without end") {
    std::string open, close;
    for (int i = 0; i < 16; ++i) {
        open += "{{#if a}}";
        close += "{{/if}}";
    }
    CHECK(Template::parse(open + close).has_value());
    CHECK(Template::parse(open + "{{#if a}}{{/if}}" + close).error().message == "blocks are nested too deep");
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
        {"{{ #each a }}", 9, "{{#each a}} without {{/each}}"},
        {"{{#if a}}x{{#each b}}", 18, "{{#each b}} without {{/each}}"},
        {"{{#if}}", 2, "#if of what? {{#if NAME}}"},
        {"{{#if a..b}}{{/if}}", 8,
         "\"a..b\" is not a name: letters, digits, '_' and '-', with single dots between words"},
        {"{{#unless a}}", 2, "\"#unless\" is no block: #if NAME and #each NAME are"},
        {"x {{/if}}", 4, "{{/if}} closes nothing"},
        {"{{#each a}}{{/if}}", 13, "{{/if}} where {{/each}} is expected"},
        {"{{else}}", 2, "{{else}} stands in no {{#if}}"},
        {"{{#each a}}{{else}}{{/each}}", 13, "{{else}} stands in no {{#if}}"},
        {"{{#if a}}{{else}}{{else}}{{/if}}", 19, "{{else}} stands in no {{#if}}"},
        {"{{a|shel}}", 4, "\"shel\" is no filter: there are shell, json, yaml, base64, preseed"},
        {"{{a|}}", 4, "\"\" is no filter: there are shell, json, yaml, base64, preseed"},
        {"{{ |json}}", 3, "a name is missing before |"},
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
