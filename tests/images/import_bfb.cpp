#include "images/bfb_firmware.hpp"
#include "images/digest.hpp"
#include "images/recognize.hpp"

#include "bfb_writer.hpp"
#include "scratch.hpp"
#include "tests/support/slice_text.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;
namespace fs = std::filesystem;

namespace {

const std::string info = R"({"Members": [
    {"Name": "BF2_BSP", "Version": "4.9.0.13378", "SoftwareId": "bsp"}, {"Name": "DOCA", "Version": "2.9.0"}]})";

/// Large enough to be read in several pieces.
std::string kernel() {
    return arm64_image() + std::string(3U << 20U, 'k');
}

std::string packed(const std::string& content, int filter) {
    std::string bytes(content.size() + 65536, '\0');
    std::size_t used = 0;
    auto* writer = archive_write_new();
    auto* entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    REQUIRE(archive_write_set_format_raw(writer) == ARCHIVE_OK);
    REQUIRE(archive_write_add_filter(writer, filter) == ARCHIVE_OK);
    REQUIRE(archive_write_set_bytes_in_last_block(writer, 1) == ARCHIVE_OK);
    REQUIRE(archive_write_open_memory(writer, bytes.data(), bytes.size(), &used) == ARCHIVE_OK);
    REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
    REQUIRE(archive_write_data(writer, content.data(), content.size()) == static_cast<la_ssize_t>(content.size()));
    REQUIRE(archive_write_close(writer) == ARCHIVE_OK);
    archive_entry_free(entry);
    archive_write_free(writer);
    bytes.resize(used);
    return bytes;
}

/// Packed once: gzip writes the time down.
const std::string& initramfs() {
    static const auto bytes = packed(cpio(), ARCHIVE_FILTER_GZIP);
    return bytes;
}

/// The shape of an Ubuntu bundle: firmware for three chips, texts, a kernel, an initramfs.
std::vector<BfbPart> bundle(const std::string& kernel_image) {
    return {{BfbId::bl2, 0, "bl2 of BlueField-1"},
            {BfbId::bl2, 1, "bl2 of BlueField-2"},
            {BfbId::bl2, 2, "bl2 of BlueField-3"},
            {BfbId::boot_args, 0, "console=hvc0 earlycon=pl011,0x01000000 initrd=initramfs"},
            {BfbId::boot_args, 2, "console=hvc0 earlycon=pl011,0x13010000 initrd=initramfs"},
            {BfbId::info, 0, info},
            {BfbId::image, 0, kernel_image},
            {BfbId::initramfs, 0, initramfs()}};
}

std::string stored(const Store& store, const Image& image, const std::string& path) {
    const auto slice = store.open_file(image, path);
    REQUIRE_MESSAGE(slice.has_value(), slice);
    return support::text_of(*slice);
}

}  // namespace

TEST_CASE("a BFB is imported whole, with what boots a BlueField-2 beside it") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto file = write_bfb(bundle(kernel()));
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    const auto progress = [&](const Progress& now) {
        CHECK(now.done >= done);
        done = now.done;
        total = now.total;
    };
    const auto source = scratch.write("bf-bundle-2.9_ubuntu.bfb", file);
    const auto imported = import_source(store, {source, "dpu", {"quiet"}, some_time(), progress});
    REQUIRE(imported.has_value());
    CHECK(imported->notes.empty());
    CHECK(total == file.size());
    CHECK(done == total);

    const auto& image = imported->image;
    CHECK(image.kind == "bfb");
    CHECK(image.arch == "arm64");
    CHECK(image.kernel == "Image");
    CHECK(image.initrds == std::vector<std::string>{"initramfs"});
    CHECK(image.args == std::vector<std::string>{"console=hvc0", "earlycon=pl011,0x01000000", "quiet"});
    CHECK(*store.find("dpu") == image);
    CHECK(store.verify(image));
    CHECK(image.files.size() == 3);
    CHECK(stored(store, image, "bf-bundle-2.9_ubuntu.bfb") == file);
    CHECK(stored(store, image, "Image") == kernel());
    CHECK(stored(store, image, "initramfs") == initramfs());
    CHECK(image.file("initramfs")->inside == "bf-bundle-2.9_ubuntu.bfb");
    CHECK(files_in(scratch.at("data/images/blobs")) == 1);  // the others are served out of it
    CHECK(fs::is_empty(scratch.at("data/images/spool")));

    const auto firmware = firmware_of(store, image);
    REQUIRE(firmware.has_value());
    CHECK(*firmware == std::vector<Firmware>{{"BF2_BSP", "4.9.0.13378", "bsp"}, {"DOCA", "2.9.0", ""}});
    const auto json = to_json(image, *firmware);
    CHECK(json.starts_with(to_json(image).substr(0, to_json(image).size() - 1)));
    CHECK(json.ends_with(R"(,"firmware":[{"name":"BF2_BSP","version":"4.9.0.13378","software_id":"bsp"},)"
                         R"({"name":"DOCA","version":"2.9.0","software_id":""}]})"));
}

TEST_CASE("a kernel that loaders cannot unpack is unpacked") {
    struct Case {
        const char* name;
        int filter;
    };
    for (const auto& each : {Case{"gzip", ARCHIVE_FILTER_GZIP}, Case{"lzma", ARCHIVE_FILTER_LZMA},
                             Case{"xz", ARCHIVE_FILTER_XZ}, Case{"zstd", ARCHIVE_FILTER_ZSTD}}) {
        CAPTURE(each.name);
        const Scratch scratch;
        const auto store = open_store(scratch);
        const auto imported =
            import_from(store, scratch.write("x.bfb", write_bfb(bundle(packed(kernel(), each.filter)))));
        REQUIRE(imported.has_value());
        CHECK(stored(store, imported->image, "Image") == kernel());
    }
}

TEST_CASE("an EFI zboot kernel is left as it is, for UEFI starts it") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    std::string zboot(0x80, '\0');
    zboot.replace(0, 2, "MZ").replace(4, 4, "zimg");
    zboot[0x3c] = 0x40;
    zboot.replace(0x40, 2, "PE").replace(0x44, 2, "\x64\xaa");
    const auto imported = import_from(store, scratch.write("x.bfb", write_bfb(bundle(zboot))));
    REQUIRE(imported.has_value());
    CHECK(stored(store, imported->image, "Image") == zboot);
}

TEST_CASE("what is odd about a BFB is said, and it is imported") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    auto parts = bundle(arm64_image());
    std::erase_if(parts, [](const BfbPart& part) { return part.id == BfbId::boot_args; });
    parts[3].content = "no JSON";
    const auto imported = import_from(store, scratch.write("Image", write_bfb(parts) + "ubuntu_PASSWORD='x'\n"));
    REQUIRE(imported.has_value());
    REQUIRE(imported->notes.size() == 3);
    CHECK(imported->notes[0].starts_with("what firmware is in it is unknown: BFB info: "));
    CHECK(imported->notes[1] == "no boot-args for BlueField-2 in it: the profile must name the consoles");
    CHECK(imported->notes[2] ==
          "20 bytes of configuration (bf.cfg) behind its images are left out: any machine may fetch an image, and they "
          "may hold passwords");
    CHECK(imported->image.args.empty());
    CHECK(stored(store, imported->image, "bundle.bfb") == write_bfb(parts));
    CHECK_FALSE(firmware_of(store, imported->image));
}

TEST_CASE("a BFB that is damaged or cannot boot a BlueField-2 is refused with its reason, and leaves nothing") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto good = write_bfb(bundle(kernel()));
    const auto with = [](std::size_t part, const BfbPart& other) {
        auto parts = bundle(arm64_image());
        parts[part] = other;
        return write_bfb(parts);
    };
    const auto without = [](std::initializer_list<BfbId> ids) {
        auto parts = bundle(arm64_image());
        std::erase_if(parts,
                      [&](const BfbPart& part) { return std::find(ids.begin(), ids.end(), part.id) != ids.end(); });
        return write_bfb(parts);
    };
    auto flipped = good;
    flipped[flipped.size() / 2] ^= 1;
    auto cut_kernel = packed(kernel(), ARCHIVE_FILTER_GZIP);
    cut_kernel.resize(cut_kernel.size() - 20);

    struct Case {
        const char* name;
        std::string file;
        std::string problem;
    };
    const Case cases[] = {
        {"flipped", flipped, "BFB image image v0 at offset 456: damaged: its CRC is "},
        {"cut", good.substr(0, good.size() - 8), "BFB image initramfs v0 at offset "},
        {"magic alone", good.substr(0, 4), "BFB header at offset 0: cut short, 4 bytes of 24"},
        {"flat", without({BfbId::initramfs, BfbId::boot_args}), "a firmware-only BFB: "},
        {"BlueField-3", with(6, {BfbId::image, 2, arm64_image()}), "a BFB for BlueField-3, "},
        {"other kernel", with(6, {BfbId::image, 0, bzimage()}), "its kernel (image v0 at offset 456) is x86 bzImage; "},
        {"no kernel", with(6, {BfbId::image, 0, "BMC"}), "its kernel (image v0 at offset 456) is unknown; "},
        {"lz4", with(6, {BfbId::image, 0, packed(arm64_image(), ARCHIVE_FILTER_LZ4)}),
         "its kernel (image v0 at offset 456) is lz4, "},
        {"cut kernel", with(6, {BfbId::image, 0, cut_kernel}), "its kernel cannot be unpacked: "},
        {"no initramfs", with(7, {BfbId::initramfs, 0, "x"}),
         "its initramfs (initramfs v0 at offset 544) is unknown; "},
        {"args", with(3, {BfbId::boot_args, 0, "a\x01"}), "its boot-args are not text on one line"},
        {"long args", with(3, {BfbId::boot_args, 0, std::string(65537, 'a')}), "its boot-args v0 at offset "},
    };
    for (const auto& each : cases) {
        CAPTURE(each.name);
        const auto source = scratch.write("x.bfb", each.file);
        const auto error = error_of(import_from(store, source));
        CAPTURE(error);
        CHECK(error.starts_with(source.string() + ": " + each.problem));
        check_nothing_left(scratch);
    }
}

TEST_CASE("a BFB that changes while it is read is noticed, and nothing is kept") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto source = scratch.write("x.bfb", write_bfb(bundle(kernel())));
    const auto grow = [&](const Progress& now) {
        if (now.file == "x.bfb") std::ofstream(source, std::ios::app) << "more";
    };
    CHECK(error_of(import_from(store, source, "test", grow)) ==
          "x.bfb changed while it was read; import again when nobody writes to it");
    check_nothing_left(scratch);
}

TEST_CASE("an import of a BFB that is killed at any step leaves the old image") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto before = import_from(store, scratch.write("old.bfb", write_bfb(bundle(arm64_image()))));
    REQUIRE(before.has_value());
    const auto source = scratch.write(
        "new.bfb", write_bfb(bundle(packed(kernel(), ARCHIVE_FILTER_LZMA))) + std::string(3U << 20U, '#'));
    int step = 0;
    while (killed_at(store, source, step)) {
        CAPTURE(step);
        CHECK(*store.list() == std::vector<Image>{before->image});
        CHECK(store.verify(before->image));
        ++step;
    }
    CHECK(step >= 6);  // the file begun and read, the kernel begun and unpacked, storing, naming
    CHECK(fs::is_empty(scratch.at("data/images/spool")));
    CHECK(store.find("test")->digest != before->image.digest);
}
