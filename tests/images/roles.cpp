#include "images/roles.hpp"

#include <doctest/doctest.h>

using namespace musterd::images;

namespace {

Candidate kernel(const std::string& path, const std::string& arch = "amd64") {
    return {path, {Role::kernel, "x86 bzImage", arch, true}};
}
Candidate initrd(const std::string& path) {
    return {path, {Role::initrd, "gzip, cpio archive inside", "", false}};
}
Candidate other(const std::string& path) {
    return {path, {Role::other, "unknown", "", false}};
}

std::string refusal(const std::vector<Candidate>& candidates) {
    const auto roles = choose_roles(candidates);
    return roles ? "accepted" : roles.error().message();
}

}  // namespace

TEST_CASE("the one kernel boots, whatever its name, with the initrds in the order of their paths") {
    const auto roles = choose_roles({other("README"), initrd("a.img"), kernel("b"), initrd("c/z.img")});
    REQUIRE(roles);
    CHECK(*roles == Roles{"b", "amd64", {"a.img", "c/z.img"}, {}});
}

TEST_CASE("of several kernels the one with a kernel's name boots") {
    for (const auto* name : {"vmlinuz", "linux", "bzImage", "Image", "kernel", "sub/vmlinuz"}) {
        CAPTURE(name);
        const auto roles = choose_roles({kernel("memtest"), kernel(name, "arm64"), initrd("z")});
        REQUIRE(roles);
        CHECK(roles->kernel == name);
        CHECK(roles->arch == "arm64");
    }
}

TEST_CASE("a folder without an initrd is taken with a note") {
    const auto roles = choose_roles({kernel("linux")});
    REQUIRE(roles);
    CHECK(roles->notes == std::vector<std::string>{"no initrd in it: the kernel must bring its own root"});
}

TEST_CASE("a refusal says what was looked for and what was found") {
    const auto wanted = what_is_recognized();
    CHECK(refusal({}) == "no files in it; " + wanted);
    CHECK(refusal({initrd("initrd.gz"), other("README")}) ==
          "no kernel in it: found initrd.gz (gzip, cpio archive inside), README (unknown); " + wanted);
    CHECK(refusal({kernel("a/linux"), kernel("vmlinuz")}) ==
          "2 kernels in it: a/linux (x86 bzImage), vmlinuz (x86 bzImage); import a folder with one of them");
    CHECK(
        refusal({kernel("a"), kernel("b")}) ==
        "2 kernels in it: a (x86 bzImage), b (x86 bzImage); import a folder with one of them, or call the one to boot "
        "\"vmlinuz\"");
    std::vector<Candidate> many(11, other("x"));
    CHECK(refusal(many).find("x (unknown) and 3 more; ") != std::string::npos);
}
