#include "images/import_archive.hpp"

#include "images/digest.hpp"
#include "iso_sketch.hpp"
#include "scratch.hpp"
#include "tar_sketch.hpp"
#include "tests/support/slice_text.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;
namespace fs = std::filesystem;

namespace {

/// Bytes that no compressor shrinks, so that what is flipped or cut is not padding.
std::string noise(std::size_t count) {
    std::string bytes(count, '\0');
    std::uint64_t state = 7;
    for (auto& byte : bytes) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        byte = static_cast<char>(state >> 56U);
    }
    return bytes;
}

const std::vector<TarMember> plain = {{"./", "", AE_IFDIR, ""},
                                      {"./boot/", "", AE_IFDIR, ""},
                                      {"./boot/vmlinuz", bzimage(noise(3000)), AE_IFREG, ""},
                                      {"./boot/initrd.img", cpio(noise(3000)), AE_IFREG, ""}};

std::string text_of(const Store& store, const Image& image, const std::string& path) {
    const auto slice = store.open_file(image, path);
    REQUIRE_MESSAGE(slice.has_value(), slice);
    return support::text_of(*slice);
}

/// Imports an archive with one more member.
std::string refusal_of(const TarMember& member) {
    const Scratch scratch;
    const auto store = open_store(scratch);
    auto members = plain;
    members.push_back(member);
    const auto source = scratch.write("x.tar", tar(members));
    const auto error = error_of(import_from(store, source));
    check_nothing_left(scratch);
    CHECK(error.starts_with(source.string() + ": "));
    return error.substr(std::min(error.size(), source.string().size() + 2));
}

base::Result<Imported> import_limited(const Scratch& scratch, const Store& store, const std::string& bytes,
                                      const ArchiveLimits& limits) {
    const auto place = scratch.write("bomb", bytes);
    const auto file = scan_file(place, "bomb");
    REQUIRE(file);
    const auto fd = open_source(*file);
    REQUIRE(fd);
    const auto compression = tar_compression(base::as_bytes(bytes));
    REQUIRE(compression);
    return import_archive(store, {place, "test", {}, some_time(), {}}, *file, *fd, *compression, limits);
}

}  // namespace

TEST_CASE("an archive is imported as the folder that it would unpack to, in any compressor") {
    for (const int filter : {0, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_BZIP2}) {
        CAPTURE(filter);
        const Scratch scratch;
        const auto store = open_store(scratch);
        const auto imported = import_from(store, scratch.write("anything", tar(plain, filter)));
        REQUIRE_MESSAGE(imported.has_value(), imported);
        const auto image = store.find("test");
        REQUIRE(image);
        CHECK(image->kind == "linux");
        CHECK(image->arch == "amd64");
        CHECK(image->kernel == "boot/vmlinuz");
        CHECK(image->initrds == std::vector<std::string>{"boot/initrd.img"});
        CHECK(image->source == fs::canonical(scratch.at("anything")).string());
        CHECK(image->files.size() == 2);
        CHECK(text_of(store, *image, "boot/vmlinuz") == bzimage(noise(3000)));
        CHECK(text_of(store, *image, "boot/initrd.img") == cpio(noise(3000)));
        CHECK(store.verify(*image).has_value());
        CHECK(files_in(scratch.at("data/images/spool")) == 0);
    }
}

TEST_CASE("an archive and the folder that it was made of are the same image") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    scratch.write("folder/boot/vmlinuz", bzimage(noise(3000)));
    scratch.write("folder/boot/initrd.img", cpio(noise(3000)));
    const auto folder = import_from(store, scratch.at("folder"));
    REQUIRE(folder);
    const auto archive = import_from(store, scratch.write("x.tar.gz", tar(plain, ARCHIVE_FILTER_GZIP)));
    REQUIRE(archive);
    CHECK(archive->unchanged);
    CHECK(archive->image.digest == folder->image.digest);
}

TEST_CASE("links within an archive are followed, links to folders are left out with a note") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    auto members = plain;
    members.push_back({"pxe/linux", "", AE_IFLNK, "../again"});
    members.push_back({"again", "", AE_IFREG, "./boot/vmlinuz"});
    members.push_back({"menu", "", AE_IFLNK, "boot"});
    members.push_back({"gone", "", AE_IFLNK, "nowhere"});
    members.push_back({"round", "", AE_IFLNK, "round"});
    const auto imported = import_from(store, scratch.write("x.tar", tar(members)));
    REQUIRE_MESSAGE(imported.has_value(), imported);
    CHECK(imported->image.files.size() == 4);
    CHECK(text_of(store, imported->image, "pxe/linux") == bzimage(noise(3000)));
    CHECK(text_of(store, imported->image, "again") == bzimage(noise(3000)));
    CHECK(files_in(scratch.at("data/images/blobs")) == 2);
    CHECK(imported->notes == std::vector<std::string>{"left out gone: a link to nothing in the archive",
                                                      "left out menu: a link to a folder",
                                                      "left out round: a link to nothing in the archive"});
}

TEST_CASE("a packed arm64 kernel is unpacked, out of a folder as out of an archive") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto packed = packed_arm64();
    const std::vector<TarMember> members = {{"vmlinuz", packed, AE_IFREG, ""}, {"initrd", cpio(), AE_IFREG, ""}};
    const auto archive = import_from(store, scratch.write("x.tar", tar(members)));
    REQUIRE_MESSAGE(archive.has_value(), archive);
    CHECK(archive->image.arch == "arm64");
    CHECK(text_of(store, archive->image, "vmlinuz") == arm64_image());
    scratch.write("folder/vmlinuz", packed);
    scratch.write("folder/initrd", cpio());
    const auto folder = import_from(store, scratch.at("folder"));
    REQUIRE_MESSAGE(folder.has_value(), folder);
    CHECK(folder->image.digest == archive->image.digest);
}

TEST_CASE("what reaches out of an archive is refused by name") {
    CHECK(refusal_of({"../evil", "x", AE_IFREG, ""}) == "\"../evil\" in it has \"..\" in its name");
    CHECK(refusal_of({"/etc/evil", "x", AE_IFREG, ""}) == "\"/etc/evil\" in it has an absolute name");
    CHECK(refusal_of({"link", "", AE_IFLNK, "/etc/passwd"}) ==
          "the link \"link\" in it leads out of it, to \"/etc/passwd\"");
    CHECK(refusal_of({"a/link", "", AE_IFLNK, "../../x"}) ==
          "the link \"a/link\" in it leads out of it, to \"../../x\"");
    CHECK(refusal_of({"hard", "", AE_IFREG, "../x"}) == "\"../x\" in it has \"..\" in its name");
    CHECK(refusal_of({"dev/null", "", AE_IFCHR, ""}) == "\"dev/null\" in it is a device, a FIFO or a socket");
    CHECK(refusal_of({"dev/sda", "", AE_IFBLK, ""}) == "\"dev/sda\" in it is a device, a FIFO or a socket");
    CHECK(refusal_of({"pipe", "", AE_IFIFO, ""}) == "\"pipe\" in it is a device, a FIFO or a socket");
    CHECK(refusal_of({"two\nlines", "x", AE_IFREG, ""}).starts_with("\"two?lines\" in it is not a path"));
    CHECK(refusal_of({"boot/vmlinuz", "x", AE_IFREG, ""}) == "\"boot/vmlinuz\" is in it twice");
}

TEST_CASE("an archive bomb is stopped by each of its limits") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto zeros = tar({{"linux", bzimage(std::string(8U << 20U, '\0')), AE_IFREG, ""}}, ARCHIVE_FILTER_GZIP);
    const auto refusal = [&](const std::string& bytes, const ArchiveLimits& limits) {
        const auto error = error_of(import_limited(scratch, store, bytes, limits));
        check_nothing_left(scratch);
        return error.substr(std::min(error.size(), scratch.at("bomb").string().size() + 2));
    };
    ArchiveLimits limits;
    limits.bytes = 4U << 20U;
    CHECK(refusal(zeros, limits) == "linux: the archive unpacks to more than 4 MiB");
    limits = {};
    limits.allowance = 0;
    CHECK(refusal(zeros, limits) ==
          "linux: the archive unpacks to more than 250 times its own size; if that is right, unpack it and import the "
          "folder");
    limits = {};
    limits.files = 2;
    const std::vector<TarMember> three = {{"a", "1", AE_IFREG, ""}, {"b", "2", AE_IFREG, ""}, {"c", "3", AE_IFREG, ""}};
    CHECK(refusal(tar(three), limits) == "more than 2 files");
    limits = {};
    limits.entries = 2;
    const std::vector<TarMember> folders = {
        {"a/", "", AE_IFDIR, ""}, {"b/", "", AE_IFDIR, ""}, {"c/", "", AE_IFDIR, ""}};
    CHECK(refusal(tar(folders), limits) == "more than 2 entries");
    CHECK(import_limited(scratch, store, zeros, {}).has_value());
}

TEST_CASE("an archive that is cut short anywhere is refused and leaves nothing") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    for (const int filter : {0, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_BZIP2}) {
        const auto whole = tar(plain, filter);
        // Two blocks of zeros end a tar archive, and one is enough.
        const auto needed = filter == 0 ? whole.size() - 512 : whole.size();
        for (std::size_t length = 1; length < needed; length += std::min<std::size_t>(311, needed - length)) {
            CAPTURE(filter);
            CAPTURE(length);
            CHECK_FALSE(import_from(store, scratch.write("x", whole.substr(0, length))).has_value());
        }
        CHECK_FALSE(import_from(store, scratch.write("x", whole.substr(0, needed - 1))).has_value());
        check_nothing_left(scratch);
    }
}

TEST_CASE("an archive in which a bit is flipped is refused, or gives the same image") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto expected = import_from(store, scratch.write("x", tar(plain)), "right");
    REQUIRE(expected);
    for (const int filter : {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_BZIP2}) {
        const auto whole = tar(plain, filter);
        for (std::size_t at = 0; at < whole.size(); at += 211) {
            CAPTURE(filter);
            CAPTURE(at);
            auto bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
            const auto imported = import_from(store, scratch.write("x", bytes), "flipped");
            if (imported) CHECK(imported->image.digest == expected->image.digest);  // gzip's time stamp, say
        }
        CHECK(fs::is_empty(scratch.at("data/images/spool")));
    }
    CHECK(files_in(scratch.at("data/images/manifests")) == 1);
}

TEST_CASE("an archive without a kernel is refused with what is in it") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto source = scratch.write("x.tar", tar({{"etc/hostname", "x\n", AE_IFREG, ""}}));
    CHECK(error_of(import_from(store, source))
              .starts_with(source.string() + ": no kernel in it: found etc/hostname (unknown)"));
    check_nothing_left(scratch);
}

TEST_CASE("an import of an archive that is killed at any step leaves the old image") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto before = import_from(store, scratch.write("old.tar", tar(plain)));
    REQUIRE(before);
    auto members = plain;
    members[2].content = bzimage(noise(3U << 20U));
    const auto source = scratch.write("new.tar.gz", tar(members, ARCHIVE_FILTER_GZIP));
    int step = 0;
    for (; killed_at(store, source, step); ++step) {
        CAPTURE(step);
        CHECK(*store.list() == std::vector<Image>{before->image});
        CHECK(store.verify(before->image));
    }
    CHECK(step > 6);
    CHECK(fs::is_empty(scratch.at("data/images/spool")));
    CHECK(store.verify(*store.find("test")));
}
