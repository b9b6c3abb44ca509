#include "tftp/path.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <vector>

using namespace musterd::tftp;
using namespace std::string_literals;

TEST_CASE("names that clients ask for become clean relative paths (cases 8 and 9)") {
    struct Case {
        std::string asked, path;
    };
    const std::vector<Case> cases{
        {"undionly.kpxe", "undionly.kpxe"},
        {"undionly.kpxe\xff", "undionly.kpxe"},
        {"undionly.kpxe\xff\xff\n\r\x01", "undionly.kpxe"},
        {"undionly.kpxe\0\xffrest"s, "undionly.kpxe"},
        {"undionly.kpxe\xff\0rest"s, "undionly.kpxe"},
        {"\\boot\\x64\\file", "boot/x64/file"},
        {"//a/./b", "a/b"},
        {"/boot//kernel", "boot/kernel"},
        {"././file/.", "file"},
        {"/EFI/BOOT/", "EFI/BOOT"},
        {"tftp://10.0.0.5/grub/x.efi", "grub/x.efi"},
        {"tftp:\\\\10.0.0.5\\x.efi", "x.efi"},
        {"tftp://10.0.0.5:69//x.efi", "x.efi"},
        {"..a/b..", "..a/b.."},
        {"...", "..."},
        {"a%2e%2e%2fb", "a%2e%2e%2fb"},
        {"gr\xc3\xbc\xc3\x9f/\xe2\x82\xac/\xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f/\xe2\x82\xac/\xf0\x9f\x98\x80"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.asked);
        const auto path = clean_path(one.asked);
        REQUIRE(path);
        CHECK(*path == one.path);
    }
}

TEST_CASE("a name that climbs is denied (case 9)") {
    for (const auto* asked :
         {"..", "../x", "/../../etc/passwd", "a/../b", "a/..", "..\\x", "a\\..\\..\\b", "..\xff", "tftp://host/../x"}) {
        CAPTURE(asked);
        const auto path = clean_path(asked);
        REQUIRE_FALSE(path);
        CHECK(path.error().code().value() == EACCES);
    }
}

TEST_CASE("a name that no file can have is not found") {
    const std::vector<std::string> cases{"",
                                         "\0x"s,
                                         "/",
                                         "\xff\xff",
                                         "./",
                                         "tftp://",
                                         "tftp://h",
                                         "tftp://h/",
                                         "a\nb",
                                         "a\x1b[2Jb",
                                         "a\x7f/b",
                                         "a\xff/b",
                                         "\xc3/x",
                                         "\xc0\xaf/x",
                                         "\xe0\x80\xaf/x",
                                         "\xed\xa0\x80/x",
                                         "\xf4\x90\x80\x80/x",
                                         "\x80/x",
                                         "\xf5\x80\x80\x80/x"};
    for (const auto& asked : cases) {
        CAPTURE(asked);
        const auto path = clean_path(asked);
        REQUIRE_FALSE(path);
        CHECK(path.error().code().value() == ENOENT);
    }
}
