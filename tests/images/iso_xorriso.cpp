// Images made by xorriso, and what libarchive reads in them: our index must say the same.
#include "scratch.hpp"

#include "images/iso9660.hpp"
#include "images/ubuntu_iso.hpp"
#include "tests/support/slice_text.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <map>
#include <memory>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;

namespace {

using Texts = std::map<std::string, std::string>;

struct Listing {
    Texts files;  ///< content by path
    Texts links;  ///< target by path
};

std::string lower(std::string text) {
    for (auto& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

std::string data_of(archive* reader) {
    std::string content;
    std::string buffer(65536, '\0');
    for (;;) {
        const auto count = archive_read_data(reader, buffer.data(), buffer.size());
        REQUIRE_MESSAGE(count >= 0, std::string(archive_error_string(reader)));
        if (count == 0) return content;
        content.append(buffer, 0, static_cast<std::size_t>(count));
    }
}

Listing by_libarchive(const std::filesystem::path& iso) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
    REQUIRE(archive_read_support_format_iso9660(reader.get()) == ARCHIVE_OK);
    REQUIRE(archive_read_open_filename(reader.get(), iso.c_str(), 65536) == ARCHIVE_OK);
    Listing listing;
    Texts hard_links;
    archive_entry* entry = nullptr;
    int result = ARCHIVE_OK;
    while ((result = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
        const std::string path = archive_entry_pathname_utf8(entry);
        if (archive_entry_hardlink_utf8(entry) != nullptr) {
            hard_links[path] = archive_entry_hardlink_utf8(entry);
        } else if (archive_entry_filetype(entry) == AE_IFLNK) {
            listing.links[path] = archive_entry_symlink_utf8(entry);
        } else if (archive_entry_filetype(entry) == AE_IFREG) {
            listing.files[path] = data_of(reader.get());
        }
    }
    REQUIRE_MESSAGE(result == ARCHIVE_EOF, std::string(archive_error_string(reader.get())));
    for (const auto& [path, target] : hard_links) {
        listing.files[path] = listing.files.at(target);
    }
    return listing;
}

/// What is in one and not so in the other, by path and the first bytes.
std::string difference(const Texts& found, const Texts& wanted) {
    std::string text;
    for (const auto& [path, content] : found) {
        const auto other = wanted.find(path);
        if (other == wanted.end() || other->second != content)
            text += "found " + path + ": " + content.substr(0, 90) + "\n";
    }
    for (const auto& [path, content] : wanted) {
        const auto other = found.find(path);
        if (other == found.end() || other->second != content)
            text += "wanted " + path + ": " + content.substr(0, 90) + "\n";
    }
    return text;
}

std::shared_ptr<const base::Fd> opened(const std::filesystem::path& iso) {
    auto fd = std::make_shared<const base::Fd>(::open(iso.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(*fd);
    return fd;
}

Listing by_index(const std::filesystem::path& iso, const IsoIndex& index) {
    Listing listing;
    const auto fd = opened(iso);
    for (const auto& file : index.files) {
        const auto slice = iso_slice(fd, file);
        REQUIRE_MESSAGE(slice.has_value(), slice);
        CHECK(slice->length == file.size);
        listing.files[file.path] = support::text_of(*slice);
    }
    for (const auto& [path, target] : index.links) {
        listing.links[path] = target;
    }
    return listing;
}

/// Files of every size around a sector's, names that plain ISO 9660 and Joliet cannot hold, folders deeper than its 8.
void write_tree(const Scratch& scratch) {
    for (const std::size_t size : {0U, 1U, 2047U, 2048U, 2049U, 70000U}) {
        std::string content(size, '\0');
        std::generate(content.begin(), content.end(),
                      [n = size]() mutable { return static_cast<char>((n = n * 69069 + 1) >> 16U); });
        scratch.write("tree/Size_" + std::to_string(size) + ".bin", content);
    }
    scratch.write("tree/a/b/c/d/e/f/g/h/i/j/k/deep.txt", "deep");
    scratch.write("tree/a/b/c/d/e/f/g/other", "less deep");
    scratch.write("tree/" + std::string(60, 'l') + ".long", "long");
    scratch.write("tree/" + std::string(95, 'r') + ".longer", "longer");
    scratch.write("tree/Grün und ☃.txt", "snow");
    scratch.write("tree/two.dots.in it", "dots");
    namespace fs = std::filesystem;
    fs::create_symlink("Size_2048.bin", scratch.at("tree/link"));
    fs::create_symlink("../../a/b", scratch.at("tree/a/around"));
    fs::create_hard_link(scratch.at("tree/Size_1.bin"), scratch.at("tree/same"));
}

/// What Rock Ridge needs several entries or a continuation for. libarchive 3.6 loses the '/' between two SL of such a
/// link, and cuts Joliet names of 104 characters, which xorriso writes, at 103.
void write_long_names(const Scratch& scratch) {
    scratch.write("tree/" + std::string(240, 's') + ".longest", "longest");
    std::filesystem::create_symlink("/" + std::string(200, 'x') + "/" + std::string(200, 'y'),
                                    scratch.at("tree/nowhere"));
}

Texts links_on_disk(const std::filesystem::path& folder) {
    Texts links;
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
        if (!each.is_symlink()) continue;
        links[each.path().lexically_relative(folder).string()] = std::filesystem::read_symlink(each.path()).string();
    }
    return links;
}

/// libarchive keeps the upper case of plain names.
Texts in_lower_case(Texts files) {
    Texts lowered;
    for (auto& [path, content] : files) {
        lowered[lower(path)] = std::move(content);
    }
    return lowered;
}

std::filesystem::path make_iso(const Scratch& scratch, const std::string& options) {
    auto iso = scratch.at("made.iso");
    const auto command = "xorriso -as mkisofs -quiet -no-pad -V 'A Volume' " + options + " -o '" + iso.string() +
                         "' '" + scratch.at("tree").string() + "' >'" + scratch.at("log").string() + "' 2>&1";
    const auto code = std::system(command.c_str());  // NOLINT(cert-env33-c): our own words only
    REQUIRE_MESSAGE(code == 0, read_all(scratch.at("log")));
    return iso;
}

base::Result<IsoIndex> index_of(const std::filesystem::path& iso) {
    const auto fd = opened(iso);
    return read_iso_index(FileSource(*fd, std::filesystem::file_size(iso)));
}

void check_as_libarchive(const std::filesystem::path& iso, IsoNames names) {
    const auto index = index_of(iso);
    REQUIRE_MESSAGE(index.has_value(), index);
    CHECK(index->names == names);
    CHECK(lower(index->volume_id).find("volume") != std::string::npos);
    CHECK(index->volume_size <= std::filesystem::file_size(iso));
    CHECK(index->notes == std::vector<std::string>{});
    auto wanted = by_libarchive(iso);
    if (names == IsoNames::plain) wanted.files = in_lower_case(std::move(wanted.files));
    const auto found = by_index(iso, *index);
    CHECK(found.files.size() > 130);
    CHECK(difference(found.files, wanted.files) == "");
    CHECK(difference(found.links, wanted.links) == "");
    CHECK(found.links.size() == (names == IsoNames::rock_ridge ? 2 : 0));
}

}  // namespace

TEST_CASE("what xorriso writes is read as libarchive reads it") {
    struct Row {
        std::string options;
        IsoNames names;
    };
    const std::vector<Row> rows = {
        {"-R", IsoNames::rock_ridge},
        {"-r -J -joliet-long", IsoNames::rock_ridge},
        {"-R -rr_reloc_dir rr_moved", IsoNames::rock_ridge},
        {"--norock -J", IsoNames::joliet},
        {"--norock -J -joliet-long", IsoNames::joliet},
        {"--norock", IsoNames::plain},
        {"--norock -iso-level 1", IsoNames::plain},
    };
    const Scratch scratch;
    write_tree(scratch);
    for (int i = 0; i < 120; ++i) {  // a folder of several sectors
        scratch.write("tree/many/file number " + std::to_string(i), std::to_string(i));
    }
    for (const auto& row : rows) {
        CAPTURE(row.options);
        check_as_libarchive(make_iso(scratch, row.options), row.names);
    }
}

TEST_CASE("names and links of any length are what they were on disk") {
    const Scratch scratch;
    write_tree(scratch);
    write_long_names(scratch);
    const auto iso = make_iso(scratch, "-R");
    const auto index = index_of(iso);
    REQUIRE_MESSAGE(index.has_value(), index);
    const auto found = by_index(iso, *index);
    CHECK(difference(found.links, links_on_disk(scratch.at("tree"))) == "");
    CHECK(found.links.size() == 3);
    CHECK(found.files.at(std::string(240, 's') + ".longest") == "longest");
    for (const auto& [path, content] : found.files) {
        CHECK(content == read_all(scratch.at("tree/" + path)));
    }
    CHECK(index->file("a/around/c/d/e/f/g/other")->path == "a/b/c/d/e/f/g/other");
}

TEST_CASE("an Ubuntu-shaped ISO made by xorriso boots from casper") {
    const Scratch scratch;
    scratch.write("tree/casper/vmlinuz", bzimage());
    scratch.write("tree/casper/initrd", cpio());
    scratch.write("tree/casper/ubuntu-server-minimal.squashfs", "hsqs");
    const auto iso = make_iso(scratch, "-r -J");
    const auto index = index_of(iso);
    REQUIRE_MESSAGE(index.has_value(), index);
    const auto fd = opened(iso);
    const FileSource source(*fd, std::filesystem::file_size(iso));
    const auto found = bootable_iso(*index, head_reader(source));
    REQUIRE_MESSAGE(found.has_value(), found);
    CHECK(*found == BootableIso{"ubuntu",
                                "amd64",
                                "casper/vmlinuz",
                                {"casper/initrd"},
                                false,
                                {"casper/ubuntu-server-minimal.squashfs"},
                                "A Volume"});
    CHECK(support::text_of(*iso_slice(fd, *index->file("casper/vmlinuz"))) == bzimage());
}

TEST_CASE(
    "an image that is cut at any sector is refused or read in part, and never says that it can serve what is gone") {
    const Scratch scratch;
    write_tree(scratch);
    const auto iso = make_iso(scratch, "-R -J");
    const auto whole = index_of(iso);
    REQUIRE(whole.has_value());
    const auto size = std::filesystem::file_size(iso);
    std::size_t refused = 0;
    for (auto length = size - 1; length > 0; length -= std::min<std::uintmax_t>(length, 1021)) {
        std::filesystem::resize_file(iso, length);
        const auto index = index_of(iso);
        if (!index) {
            ++refused;
            continue;
        }
        for (const auto& file : index->files) {
            if (!file.problem.empty() || file.extents.empty()) continue;
            CHECK(file.extents[0].offset + file.extents[0].length <= length);
        }
    }
    CHECK(refused > 16);
    CHECK(refused < size / 1021);
}

TEST_CASE("flipped bits never lead past the end of an image or to a bad path") {
    const Scratch scratch;
    write_tree(scratch);
    for (const auto* options : {"-R -rr_reloc_dir rr_moved", "--norock -J"}) {
        const auto iso = make_iso(scratch, options);
        const auto size = std::filesystem::file_size(iso);
        const base::Fd fd(::open(iso.c_str(), O_RDWR | O_CLOEXEC));
        REQUIRE(fd);
        std::uint64_t state = 9660;
        std::size_t read = 0;
        for (int i = 0; i < 1000; ++i) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            const auto place = static_cast<off_t>(16 * 2048 + (state >> 33U) % (64U * 2048));  // before the data
            char byte = 0;
            REQUIRE(::pread(fd.get(), &byte, 1, place) == 1);
            const auto flipped = static_cast<char>(byte ^ (1 << (state >> 24U & 7U)));
            REQUIRE(::pwrite(fd.get(), &flipped, 1, place) == 1);
            const auto index = read_iso_index(FileSource(fd, size));
            REQUIRE(::pwrite(fd.get(), &byte, 1, place) == 1);
            if (!index) continue;
            ++read;
            for (const auto& file : index->files) {
                const bool served = file.problem.empty() && !file.extents.empty();
                REQUIRE(is_path(file.path));
                REQUIRE((!served || file.extents[0].offset + file.extents[0].length <= size));
            }
        }
        CHECK(read > 700);
    }
}
