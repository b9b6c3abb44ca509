#include "images/archive_path.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::images;

namespace {

std::string text_of(const base::Result<std::string>& result) {
    return result ? *result : "error: " + result.error().message();
}

}  // namespace

TEST_CASE("an entry's name becomes a path of the image, or is refused") {
    struct Row {
        std::string written;
        std::string path;
    };
    const std::vector<Row> rows = {
        {"linux", "linux"},
        {"./linux", "linux"},
        {"./", ""},
        {".", ""},
        {"amd64/", "amd64"},
        {"a//./b", "a/b"},
        {"\xc3\xa9.img", "\xc3\xa9.img"},
        {"/etc/passwd", "error: \"/etc/passwd\" in it has an absolute name"},
        {"../x", "error: \"../x\" in it has \"..\" in its name"},
        {"a/../../x", "error: \"a/../../x\" in it has \"..\" in its name"},
        {"a/..", "error: \"a/..\" in it has \"..\" in its name"},
        {"a\nb",
         "error: \"a?b\" in it is not a path that an image can hold (UTF-8, no control characters or backslash, at "
         "most "
         "1024 bytes)"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.written);
        CHECK(text_of(entry_path(row.written)) == row.path);
    }
    CHECK_FALSE(entry_path("a\\b").has_value());
    CHECK_FALSE(entry_path("a\xff").has_value());
    CHECK_FALSE(entry_path(std::string(2000, 'a')).has_value());
}

TEST_CASE("a link's target is found within the archive, and no link leads out of it") {
    struct Row {
        std::string path;
        std::string target;
        std::string found;
    };
    const std::vector<Row> rows = {
        {"pxelinux.0", "debian-installer/amd64/pxelinux.0", "debian-installer/amd64/pxelinux.0"},
        {"a/b", "c", "a/c"},
        {"a/b", "../c", "c"},
        {"a/b", "./x/../y", "a/y"},
        {"a", ".", ""},
        {"a/b", "../../c", "error: the link \"a/b\" in it leads out of it, to \"../../c\""},
        {"a", "..", "error: the link \"a\" in it leads out of it, to \"..\""},
        {"a", "/etc/passwd", "error: the link \"a\" in it leads out of it, to \"/etc/passwd\""},
        {"a", "", "error: the link \"a\" in it leads out of it, to \"\""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.path);
        CAPTURE(row.target);
        CHECK(text_of(link_target(row.path, row.target)) == row.found);
    }
}
