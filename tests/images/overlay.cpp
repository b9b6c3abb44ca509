#include "images/overlay.hpp"

#include "tests/support/overlay_reader.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace musterd;

namespace {

/// What a reader that is not ours finds in it: path to "mode text".
std::map<std::string, std::string> unpack(const base::Bytes& bytes) {
    std::map<std::string, std::string> found;
    support::read_overlay(base::as_text(bytes), [&found](archive_entry* entry, const std::string& text) {
        char mode[8];
        std::snprintf(mode, sizeof mode, "%o ", archive_entry_mode(entry));
        found[archive_entry_pathname(entry)] = mode + text;
        CHECK(archive_entry_mtime(entry) == 0);
        CHECK(archive_entry_uid(entry) == 0);
    });
    return found;
}

}  // namespace

TEST_CASE("an overlay holds its files with their folders and modes") {
    const auto overlay =
        images::make_overlay({{"run/musterd/token", "secret\n"}, {"run/musterd/boot.json", "{}", 0644}});
    REQUIRE(overlay);
    CHECK(unpack(*overlay) == std::map<std::string, std::string>{{"run", "40700 "},
                                                                 {"run/musterd", "40700 "},
                                                                 {"run/musterd/boot.json", "100644 {}"},
                                                                 {"run/musterd/token", "100600 secret\n"}});
}

TEST_CASE("an overlay is gzip, and the same files in any order give the same bytes") {
    const auto one = images::make_overlay({{"a", "1"}, {"b", "2"}});
    const auto two = images::make_overlay({{"b", "2"}, {"a", "1"}});
    REQUIRE(one);
    CHECK(*one == *two);
    CHECK(base::to_hex(base::ByteView(*one).first(8)) == "1f8b080000000000");  // no time, no name
}

TEST_CASE("a path that leaves the root or comes twice is refused") {
    for (const auto* bad : {"", "/etc/x", "../x", "a/../b", "a//b", "a/"}) {
        CAPTURE(bad);
        CHECK_FALSE(images::make_overlay({{bad, ""}}));
    }
    CHECK_FALSE(images::make_overlay({{"a", "1"}, {"a", "2"}}));
}
