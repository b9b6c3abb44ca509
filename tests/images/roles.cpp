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
    CHECK(*roles == Roles{"b", "amd64", {"a.img", "c/z.img"}, {}, {}, Compression::none});
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

TEST_CASE("a kernel that is packed boots where there is no other") {
    const Candidate packed{"vmlinuz", {Role::kernel, "gzip, arm64 Image inside", "arm64", false, Compression::gzip}};
    auto roles = choose_roles({initrd("initrd"), packed});
    REQUIRE(roles);
    CHECK(roles->kernel == "vmlinuz");
    CHECK(roles->kernel_packed == Compression::gzip);
    roles = choose_roles({kernel("Image", "arm64"), initrd("initrd"), packed});
    REQUIRE(roles);
    CHECK(roles->kernel == "Image");
    CHECK(roles->kernel_packed == Compression::none);
}

TEST_CASE("the one squashfs is the root, of several the one that is called so") {
    const auto squashfs = [](const std::string& path) { return Candidate{path, {Role::root, "squashfs", "", false}}; };
    const auto root_of = [&](const std::vector<std::string>& paths) {
        std::vector<Candidate> all{kernel("linux"), initrd("initrd")};
        for (const auto& path : paths)
            all.push_back(squashfs(path));
        return *choose_roles(all);
    };
    CHECK(root_of({}).root.empty());
    CHECK(root_of({"noble-server-cloudimg-amd64.squashfs"}).root == "noble-server-cloudimg-amd64.squashfs");
    CHECK(root_of({"a.squashfs", "sub/squashfs"}).root == "sub/squashfs");
    CHECK(root_of({"a.squashfs", "b.squashfs"}).root.empty());
    CHECK(root_of({"a.squashfs", "b.squashfs"}).notes ==
          std::vector<std::string>{"2 squashfs in it, so none of them is the root: a.squashfs (squashfs), b.squashfs "
                                   "(squashfs); call the root root.squashfs"});
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
