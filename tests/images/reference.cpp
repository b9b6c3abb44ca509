#include "images/reference.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace musterd::images;

namespace {
const std::string digest(64, 'a');
}

TEST_CASE("an image is named by name, by name and digest, or by digest") {
    struct Row {
        std::string text;
        Reference reference;
    };
    const std::vector<Row> rows = {
        {"nixos-worker", {"nixos-worker", ""}}, {"nixos-worker@0123abcd", {"nixos-worker", "0123abcd"}},
        {"a@" + digest, {"a", digest}},         {digest, {"", digest}},
        {"0.a_b-c", {"0.a_b-c", ""}},           {std::string(63, 'b'), {std::string(63, 'b'), ""}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto parsed = parse_reference(row.text);
        REQUIRE(parsed.has_value());
        CHECK(*parsed == row.reference);
        CHECK(parsed->to_string() == row.text);
    }
}

TEST_CASE("what is no reference is refused with the part that is wrong") {
    struct Row {
        std::string text;
        std::string part;
    };
    const std::vector<Row> rows = {
        {"", "\"\" is not an image name"},
        {"Nixos", "\"Nixos\" is not an image name"},
        {".hidden", "\".hidden\" is not an image name"},
        {"a/b", "\"a/b\" is not an image name"},
        {"@01234567", "\"\" is not an image name"},
        {std::string(65, 'b'), "is not an image name"},
        {"a@", "\"\" after '@' is not the start of a digest"},
        {"a@0123abc", "\"0123abc\" after '@'"},
        {"a@0123ABCD", "\"0123ABCD\" after '@'"},
        {"a@" + digest + "a", "after '@'"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto parsed = parse_reference(row.text);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().message().find(row.part) != std::string::npos);
    }
}
