#include "iso_sketch.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;

namespace {

Image imported(const std::string& name, const std::string& content, bool as_disk = false) {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto result =
        import_source(store, {scratch.write(name, content), "test", {}, some_time(), {}, {}, {}, as_disk});
    REQUIRE_MESSAGE(result.has_value(), result);
    const auto image = store.find("test");
    REQUIRE_MESSAGE(image.has_value(), image);
    CHECK(*image == result->image);
    CHECK(store.verify(*image));
    return *image;
}

std::string efi_program() {
    std::string bytes(0x100, '\0');
    bytes.replace(0, 2, "MZ");
    bytes[0x3c] = 0x40;
    bytes.replace(0x40, 6, std::string("PE\0\0\x64\xaa", 6));
    return bytes;
}

std::string gpt() {
    std::string bytes(8192, '\0');
    return bytes.replace(512, 8, "EFI PART");
}

}  // namespace

TEST_CASE("a kernel alone is an image") {
    const auto image = imported("vmlinuz", bzimage());
    CHECK(image.kind == "linux");
    CHECK(image.kernel == "vmlinuz");
    CHECK(image.arch == "amd64");
    CHECK(image.initrds.empty());
    CHECK(imported("Image.gz", packed_arm64()).files.front().size == arm64_image().size());
}

TEST_CASE("an EFI program and a disk image are called as HTTP Boot wants it") {
    const auto program = imported("shell", efi_program());
    CHECK(program.kind == "efi");
    CHECK(program.arch == "arm64");
    CHECK(program.loader == "shell.efi");
    CHECK(program.kernel.empty());
    CHECK(imported("x.efi", efi_program()).loader == "x.efi");
    const auto disk = imported("flatcar.raw", gpt());
    CHECK(disk.kind == "disk");
    CHECK(disk.disk == "flatcar.img");
    CHECK(imported("x.img", gpt()).disk == "x.img");
}

TEST_CASE("an ISO that is asked for as a disk is one, whatever boots from it") {
    IsoSketch sketch;
    sketch.root("");
    const auto image = imported("tool.iso", sketch.bytes(), true);
    CHECK(image.kind == "disk");
    CHECK(image.disk == "tool.iso");
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto source = scratch.write("vmlinuz", bzimage());
    CHECK(error_of(import_source(store, {source, "test", {}, some_time(), {}, {}, {}, true}))
              .starts_with(source.string() + ": x86 bzImage; what can be imported"));
}
