#include "images/nixos.hpp"

#include "tests/images/scratch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;
namespace fs = std::filesystem;

namespace {

const std::string init = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-nixos-system-r640-26.05/init";
const std::string script =
    "#!ipxe\n# Use the cmdline variable to allow the user to specify custom kernel params\n"
    "# when chainloading this script from other iPXE scripts like netboot.xyz\n"
    "kernel bzImage init=" +
    init +
    " initrd=initrd nohibernate loglevel=4 ${cmdline}\n"
    "initrd initrd\nboot\n";

std::string line(const NixosFiles& files) {
    const auto arguments = nixos_arguments(files);
    if (!arguments) return "error: " + arguments.error().message();
    return *arguments ? fmt::format("{}", fmt::join(**arguments, " ")) : "none";
}

/// A folder as `nix build` links it: every file is a link into a store.
fs::path result_folder(const Scratch& scratch, std::uintmax_t initrd_size) {
    const auto store = scratch.at("store");
    scratch.write("store/kernel/bzImage", bzimage());
    const auto initrd = scratch.write("store/ramdisk/initrd", cpio());
    fs::resize_file(initrd, initrd_size);
    scratch.write("store/script/netboot.ipxe", script);
    fs::create_directories(scratch.at("result"));
    fs::create_symlink(store / "kernel/bzImage", scratch.at("result/bzImage"));
    fs::create_symlink(store / "ramdisk/initrd", scratch.at("result/initrd"));
    fs::create_symlink(store / "script/netboot.ipxe", scratch.at("result/netboot.ipxe"));
    return scratch.at("result");
}

}  // namespace

TEST_CASE("NixOS says its kernel line in three ways, and comes out the same") {
    const auto wanted = "init=" + init + " nohibernate loglevel=4";
    CHECK(line({script, {}, {}, {}}) == wanted);
    CHECK(line({{}, init, "nohibernate loglevel=4\n", {}}) == wanted);
    CHECK(line({{},
                {},
                {},
                "#!/bin/sh\nkexec --load ./bzImage --initrd=./initrd.gz --command-line \"init=" + init +
                    " nohibernate loglevel=4\"\nkexec -e\n"}) == wanted);
    CHECK(line({"#!ipxe\nkernel Image nohibernate init=" + init + " loglevel=4\n", {}, {}, {}}) == wanted);
}

TEST_CASE("what is not NixOS's is none of it, and a NixOS without its init is refused") {
    CHECK(line({}) == "none");
    CHECK(line({"#!ipxe\nkernel vmlinuz root=/dev/sda1\nboot\n", {}, {}, {}}) == "none");
    CHECK(line({{}, {}, "quiet", {}}) == "none");
    CHECK(line({{}, "/etc/init", "quiet", {}})
              .starts_with("error: it looks like a NixOS result, but its kernel line "
                           "has init=/etc/init: one init=/nix/store/"));
    CHECK(line({{}, {}, {}, "kexec"}).find("has no init=") != std::string::npos);
    CHECK(line({"#!ipxe\nkernel bzImage init=" + init + " init=" + init + "\n", {}, {}, {}})
              .find("more than one init=") != std::string::npos);
    CHECK(
        line({"#!ipxe\nkernel bzImage init=" + init + " a\x01" + "b\n", {}, {}, {}}).starts_with("error: the kernel"));
}

TEST_CASE("the walls of an initrd that holds a store") {
    constexpr std::uint64_t mebibyte = 1U << 20U;
    CHECK(problem_of_nixos_initrd(12 * mebibyte, false).find("only 12.0 MiB") != std::string::npos);
    CHECK(problem_of_nixos_initrd(12 * mebibyte, true).empty());
    CHECK(problem_of_nixos_initrd(50 * mebibyte, false).empty());
    CHECK(problem_of_nixos_initrd(4095 * mebibyte, false).empty());
    CHECK(problem_of_nixos_initrd(4096 * mebibyte, false).find("4 GiB") != std::string::npos);
    CHECK(note_on_nixos_initrd(2047 * mebibyte).empty());
    CHECK(note_on_nixos_initrd(2048 * mebibyte).find("2 GiB") != std::string::npos);
}

TEST_CASE("a NixOS result is imported with its kernel line, under its kind") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto imported = import_from(store, result_folder(scratch, 60U << 20U));
    REQUIRE_MESSAGE(imported, imported.error().message());
    CHECK(imported->image.kind == "nixos");
    CHECK(imported->image.kernel == "bzImage");
    CHECK(imported->image.initrds == std::vector<std::string>{"initrd"});
    CHECK(imported->image.args == std::vector<std::string>{"init=" + init, "nohibernate", "loglevel=4"});
    const auto again = store.find("test");
    REQUIRE(again);
    CHECK(*again == imported->image);
}

TEST_CASE("a NixOS result whose store is missing is refused, and nothing of it is kept") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto folder = result_folder(scratch, 12U << 20U);
    const auto imported = import_from(store, folder);
    REQUIRE_FALSE(imported);
    CHECK(imported.error().message().find("the Nix store is not in it") != std::string::npos);
    CHECK(store.list()->empty());
    // Beside it, for a stage 1 that fetches it.
    scratch.write("result/nix-store.squashfs", "hsqs");
    CHECK(import_from(store, folder));
}
