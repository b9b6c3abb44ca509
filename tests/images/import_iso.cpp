#include "images/import_iso.hpp"

#include "images/digest.hpp"
#include "iso_sketch.hpp"
#include "scratch.hpp"
#include "tests/support/slice_text.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;

namespace {

std::uint32_t size_of(const std::string& text) {
    return static_cast<std::uint32_t>(text.size());
}

/// casper/vmlinuz, casper/initrd and a layer, as plain ISO 9660.
std::string ubuntu(const std::string& kernel = bzimage()) {
    IsoSketch sketch;
    sketch.root(iso_record("CASPER", 19, 2048, folder_flag));
    sketch.folder(19, iso_record("INITRD.;1", 30, size_of(cpio())) + iso_record("MIN.SQUASHFS;1", 31, 4) +
                          iso_record("VMLINUZ.;1", 32, size_of(kernel)));
    sketch.put(30, cpio()).put(31, "hsqs").put(32, kernel);
    return sketch.bytes();
}

base::Result<Imported> imported(const Store& store, const std::filesystem::path& source) {
    return import_source(store, {source, "test", {"quiet"}, some_time(), {}});
}

std::string text_of(const Store& store, const Image& image, const std::string& path) {
    const auto slice = store.open_file(image, path);
    REQUIRE_MESSAGE(slice.has_value(), slice);
    CHECK(slice->etag == image.file(path)->sha256);
    return support::text_of(*slice);
}

std::string refusal(const std::string& bytes) {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto result = imported(store, scratch.write("u.iso", bytes));
    REQUIRE_FALSE(result.has_value());
    CHECK(store.names().empty());
    CHECK(files_in(store.folder() / "blobs") == 0);
    return result.error().message();
}

}  // namespace

TEST_CASE("an ISO is kept as one blob, and its files are served out of it") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto result = imported(store, scratch.write("u.iso", ubuntu()));
    REQUIRE_MESSAGE(result.has_value(), result);
    const auto image = store.find("test");
    REQUIRE_MESSAGE(image.has_value(), image);
    CHECK(*image == result->image);
    CHECK(image->kind == "ubuntu");
    CHECK(image->arch == "amd64");
    CHECK(image->kernel == "casper/vmlinuz");
    CHECK(image->initrds == std::vector<std::string>{"casper/initrd"});
    CHECK(image->args == std::vector<std::string>{"quiet"});
    CHECK(image->files.size() == 4);
    CHECK(*image->file("casper/vmlinuz") ==
          ImageFile{"casper/vmlinuz", bzimage().size(), sha256(base::as_bytes(bzimage())), "u.iso", 32 * 2048});
    CHECK(text_of(store, *image, "u.iso") == ubuntu());
    CHECK(text_of(store, *image, "casper/vmlinuz") == bzimage());
    CHECK(text_of(store, *image, "casper/initrd") == cpio());
    CHECK(text_of(store, *image, "casper/min.squashfs") == "hsqs");
    CHECK(files_in(store.folder() / "blobs") == 1);
    CHECK(store.verify(*image).has_value());
    CHECK(imported(store, scratch.at("u.iso"))->unchanged);
}

TEST_CASE("verify names every file of an ISO that is damaged") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto result = imported(store, scratch.write("u.iso", ubuntu()));
    REQUIRE_MESSAGE(result.has_value(), result);
    const auto blob = store.blob_path(result->image.file("u.iso")->sha256);
    auto bytes = read_all(blob);
    bytes[30 * 2048] = 'x';
    std::filesystem::permissions(blob, std::filesystem::perms::owner_all);
    std::ofstream(blob, std::ios::binary) << bytes;
    const auto verified = store.verify(result->image);
    REQUIRE_FALSE(verified.has_value());
    CHECK(verified.error().message().find("casper/initrd: its bytes") != std::string::npos);
    CHECK(verified.error().message().find("u.iso: its bytes") != std::string::npos);
    CHECK(verified.error().message().find("vmlinuz") == std::string::npos);
}

TEST_CASE("a packed kernel is unpacked beside the ISO") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto result = imported(store, scratch.write("odd name", ubuntu(packed_arm64())));
    REQUIRE_MESSAGE(result.has_value(), result);
    CHECK(result->image.arch == "arm64");
    CHECK(text_of(store, result->image, "casper/vmlinuz") == arm64_image());
    CHECK(result->image.file("casper/vmlinuz")->inside.empty());
    CHECK(result->image.file("casper/initrd")->inside == "image.iso");
    CHECK(store.verify(result->image).has_value());
}

TEST_CASE("an ISO that is cut short, holds nothing to boot or is UDF is refused and leaves nothing") {
    CHECK(refusal(ubuntu().substr(0, 40 * 2048)).find("cut short: it should have 131072 bytes and has 81920") !=
          std::string::npos);
    IsoSketch empty;
    empty.root("");
    CHECK(refusal(empty.bytes()).find("nothing to boot found in the ISO") != std::string::npos);
    IsoSketch udf;
    udf.put(16, std::string("\0BEA01\x01", 7)).put(17, std::string("\0NSR03\x01", 7));
    CHECK(refusal(udf.bytes()).find("a UDF image") != std::string::npos);
}

TEST_CASE("a manifest whose part does not lie in a whole file is refused") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto result = imported(store, scratch.write("u.iso", ubuntu()));
    REQUIRE_MESSAGE(result.has_value(), result);
    const auto& good = result->image;
    CHECK(image_from_manifest(manifest(good)).has_value());
    const auto refused = [&good](const std::string& inside, std::uint64_t offset) {
        auto image = good;
        for (auto& file : image.files) {
            if (file.path != "casper/initrd") continue;
            file.inside = inside;
            file.offset = offset;
        }
        return !image_from_manifest(manifest(image)).has_value();
    };
    CHECK_FALSE(refused("u.iso", 0));
    CHECK(refused("other.iso", 0));
    CHECK(refused("casper/initrd", 0));
    CHECK(refused("casper/vmlinuz", 0));  // a part of a part
    CHECK(refused("u.iso", 64 * 2048));
    CHECK(refused("u.iso", UINT64_MAX));
}
