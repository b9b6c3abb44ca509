// The index of images made by hand: rules that no writer exercises, and damage.
#include "images/iso9660.hpp"

#include "iso_sketch.hpp"
#include "tests/support/slice_text.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;

namespace {

IsoIndex indexed(const IsoSketch& sketch) {
    auto index = sketch.index();
    REQUIRE_MESSAGE(index.has_value(), index);
    return *index;
}

std::string joined(const std::vector<std::string>& all) {
    std::string text;
    for (const auto& each : all) {
        text += (text.empty() ? "" : " ") + each;
    }
    return text;
}

std::vector<std::string> paths(const IsoIndex& index) {
    std::vector<std::string> all;
    for (const auto& file : index.files) {
        all.push_back(file.path);
    }
    return all;
}

bool noted(const IsoIndex& index, std::string_view words) {
    for (const auto& note : index.notes) {
        if (note.find(words) != std::string::npos) return true;
    }
    return false;
}

std::string refusal(const IsoSketch& sketch) {
    const auto index = sketch.index();
    REQUIRE_FALSE(index.has_value());
    return index.error().message();
}

std::string name_entry(const std::string& name, unsigned flags = 0) {
    return susp("NM", static_cast<char>(flags) + name);
}
std::string both_orders(std::uint32_t value) {
    std::string bytes(8, '\0');
    put_little(bytes, 0, value, 4);
    return bytes;
}
std::string mode_entry(std::uint32_t mode) {
    return susp("PX", both_orders(mode) + std::string(24, '\0'));
}
constexpr std::uint32_t link_mode = 0120777;

}  // namespace

TEST_CASE("plain names lose their version and are in lower case") {
    IsoSketch sketch;
    sketch.root(iso_record("README.TXT;1", 30, 5) + iso_record("LINUX.;1", 31, 3) + iso_record("OLD.C;2", 32, 1) +
                iso_record("BOOT", 19, 2048, folder_flag));
    sketch.folder(19, iso_record("VMLINUZ.;1", 33, 4)).put(30, "hello").put(33, "kern");
    const auto index = indexed(sketch);
    CHECK(index.volume_id == "SKETCH");
    CHECK(index.names == IsoNames::plain);
    CHECK(paths(index) == std::vector<std::string>{"boot/vmlinuz", "linux", "old.c.2", "readme.txt"});
    CHECK(*index.file("boot/vmlinuz") == IsoFile{"boot/vmlinuz", 4, {{33 * 2048, 4}}, ""});
    CHECK(index.notes.empty());
    CHECK(index.file("nothing") == nullptr);
    CHECK(index.file("") == nullptr);
}

TEST_CASE("a file of several extents that follow one another is one slice") {
    IsoSketch sketch;
    sketch.root(iso_record("BIG.;1", 30, 4096, more_flag) + iso_record("BIG.;1", 32, 2048, more_flag) +
                iso_record("BIG.;1", 33, 10));
    sketch.put(30, std::string(4096, 'a') + std::string(2048, 'b') + "0123456789");
    const auto index = indexed(sketch);
    REQUIRE(index.files.size() == 1);
    CHECK(index.files[0] == IsoFile{"big", 6154, {{30 * 2048, 6154}}, ""});
    const auto memory = base::slice_of_bytes(base::as_bytes(sketch.bytes()));
    const auto slice = iso_slice(memory->fd, index.files[0], "tag");
    REQUIRE(slice.has_value());
    CHECK(support::text_of(*slice) == std::string(4096, 'a') + std::string(2048, 'b') + "0123456789");
    CHECK(slice->etag == "tag");
}

TEST_CASE("a file in several places, or one whose last extent is missing, is listed but not served") {
    IsoSketch sketch;
    sketch.root(iso_record("APART.;1", 30, 2048, more_flag) + iso_record("APART.;1", 40, 10) +
                iso_record("CUT.;1", 41, 2048, more_flag) + iso_record("NEXT.;1", 42, 1) +
                iso_record("ZCUT.;1", 43, 2048, more_flag));
    const auto index = indexed(sketch);
    CHECK(*index.file("apart") == IsoFile{"apart", 2058, {{61440, 2048}, {81920, 10}}, "its data lies in 2 places"});
    CHECK(index.file("cut")->problem == "the last of its extents is missing");
    CHECK(index.file("next")->problem.empty());
    CHECK(index.file("zcut")->problem == "the last of its extents is missing");
    const auto slice = iso_slice(nullptr, *index.file("apart"));
    REQUIRE_FALSE(slice.has_value());
    CHECK(slice.error().message() == "/apart: its data lies in 2 places");
    CHECK(index.notes.size() == 3);
}

TEST_CASE("an extended attribute record stands before the data; interleaved data is not served") {
    IsoSketch sketch;
    auto attributes = iso_record("A.;1", 30, 5);
    attributes[1] = 2;
    auto interleaved = iso_record("B.;1", 33, 5);
    interleaved[26] = 1;
    sketch.root(attributes + iso_record("AB.;1", 36, 1, 4) + interleaved + iso_record("EMPTY.;1", 0xffffffff, 0));
    const auto index = indexed(sketch);
    CHECK(paths(index) == std::vector<std::string>{"a", "b", "empty"});  // "ab" is an associated file
    CHECK(index.file("a")->extents[0].offset == 32 * 2048);
    CHECK(index.file("b")->problem == "its data is interleaved with another file's");
    CHECK(*index.file("empty") == IsoFile{"empty", 0, {}, ""});
    CHECK(iso_slice(nullptr, *index.file("empty"))->length == 0);
}

TEST_CASE("Rock Ridge names may be in pieces, in a continuation, and behind bytes that are not SUSP's") {
    IsoSketch sketch;
    const auto more = name_entry("long ", 1) + name_entry("name");
    sketch.put(20, std::string(100, '\xee') + more);
    const auto continued =
        susp("CE", both_orders(20) + both_orders(100) + both_orders(static_cast<std::uint32_t>(more.size())));
    sketch.root(iso_record("A.;1", 30, 1, 0, "??" + name_entry("Straight.Name")) +
                    iso_record("B.;1", 31, 1, 0, "??" + name_entry("a ", 1) + continued) +
                    iso_record("C.;1", 32, 1, 0, "??"),
                susp_root(2));
    const auto index = indexed(sketch);
    CHECK(index.names == IsoNames::rock_ridge);
    CHECK(paths(index) == std::vector<std::string>{"Straight.Name", "a long name", "c"});
    CHECK(index.notes.empty());
}

TEST_CASE("a continuation that leads past the end or to itself is a note and not a crash") {
    IsoSketch sketch;
    const auto away = susp("CE", both_orders(0xffffffff) + both_orders(0) + both_orders(100));
    const auto huge = susp("CE", both_orders(20) + both_orders(0) + both_orders(0xffffffff));
    const auto loop = susp("CE", both_orders(20) + both_orders(0) + both_orders(28));
    sketch.put(20, loop);
    sketch.root(iso_record("A.;1", 30, 1, 0, name_entry("away") + away) +
                    iso_record("B.;1", 31, 1, 0, name_entry("huge") + huge) +
                    iso_record("C.;1", 32, 1, 0, name_entry("loop") + loop),
                susp_root());
    const auto index = indexed(sketch);
    CHECK(paths(index) == std::vector<std::string>{"away", "huge", "loop"});
    CHECK(index.notes.size() == 3);
    CHECK(noted(index, "/loop: its Rock Ridge entries are damaged"));
}

TEST_CASE("links are followed within the image, in every part of a path, and loops end") {
    const auto link = [](const std::string& iso_name, const std::string& name, const std::string& components) {
        return iso_record(iso_name, 0, 0, 0,
                          name_entry(name) + mode_entry(link_mode) + susp("SL", std::string(1, '\0') + components));
    };
    const std::string root("\x08\0", 2);
    const std::string up("\x04\0", 2);
    const std::string dir(
        "\0\x03"
        "dir",
        5);
    const std::string here("\x02\0", 2);
    IsoSketch sketch(64, 2);
    sketch.root(iso_record("DIR", 25, 2048, folder_flag, name_entry("dir")) +
                    link("A.;1", "absolute",
                         root + dir +
                             std::string("\0\x01"
                                         "f",
                                         3)) +
                    link("B.;1", "around", here) +
                    link("C.;1", "loop",
                         std::string("\0\x04"
                                     "loop",
                                     6)) +
                    link("D.;1", "pieces",
                         std::string("\x01\x01"
                                     "d\0\x02ir",
                                     7)) +
                    link("E.;1", "out", up + up + dir),
                susp_root());
    sketch.folder(25, iso_record("F.;1", 30, 1, 0, name_entry("f")) + link("G.;1", "up",
                                                                           up + dir +
                                                                               std::string("\0\x01"
                                                                                           "f",
                                                                                           3)));
    const auto index = indexed(sketch);
    CHECK(joined(paths(index)) == "dir/f");
    for (const auto* path : {"dir/f", "absolute", "around/dir/f", "around/around/absolute", "pieces/f", "out/f",
                             "dir/up", "dir/../dir/./f", "/dir//f"}) {
        CAPTURE(path);
        REQUIRE(index.file(path) != nullptr);
        CHECK(index.file(path)->path == "dir/f");
    }
    CHECK(index.file("loop") == nullptr);
    CHECK(index.file("loop/f") == nullptr);
    CHECK(index.links[0] == IsoLink{"absolute", "/dir/f"});
    CHECK(index.links[4] == IsoLink{"out", "../../dir"});
}

TEST_CASE("relocated folders are found where they belong, once") {
    IsoSketch sketch;
    sketch.root(iso_record("DEEP.;1", 0, 0, 0, name_entry("deep") + susp("CL", both_orders(20))) +
                    iso_record("RR_MOVED", 19, 2048, folder_flag, name_entry("rr_moved")),
                susp_root());
    sketch.folder(19, iso_record("MOVED", 20, 2048, folder_flag, name_entry("deep") + susp("RE", "")));
    sketch.folder(20, iso_record("F.;1", 30, 1, 0, name_entry("f")));
    CHECK(paths(indexed(sketch)) == std::vector<std::string>{"deep/f"});
    CHECK(indexed(sketch).notes.empty());
}

TEST_CASE("devices and encoded files are said by name") {
    IsoSketch sketch;
    sketch.root(iso_record("A.;1", 30, 1, 0, name_entry("device") + mode_entry(060600)) +
                    iso_record("B.;1", 31, 1, 0, name_entry("packed") + susp("ZF", std::string(12, '\0'))),
                susp_root());
    const auto index = indexed(sketch);
    CHECK(paths(index) == std::vector<std::string>{"packed"});
    CHECK(index.file("packed")->problem == "its data is encoded (zisofs)");
    CHECK(noted(index, "left out /device: neither a file"));
}

TEST_CASE("a folder that holds itself or comes twice is entered once") {
    IsoSketch sketch;
    sketch.root(iso_record("AGAIN", 18, 2048, folder_flag) + iso_record("ONE", 19, 2048, folder_flag) +
                iso_record("TWO", 19, 2048, folder_flag));
    sketch.folder(19, iso_record("F.;1", 30, 1) + iso_record("UP", 18, 2048, folder_flag));
    const auto index = indexed(sketch);
    CHECK(paths(index) == std::vector<std::string>{"one/f"});
    CHECK(noted(index, "left out /again/: a folder that is in the image at another place already"));
    CHECK(noted(index, "left out /one/up/"));
    CHECK(noted(index, "left out /two/"));
}

TEST_CASE("folders deeper than 64 are left out") {
    IsoSketch sketch(200);
    sketch.root(iso_record("D", 20, 2048, folder_flag));
    for (std::uint32_t sector = 20; sector < 120; ++sector) {
        sketch.folder(sector, iso_record("F.;1", 150, 1) + iso_record("D", sector + 1, 2048, folder_flag));
    }
    const auto index = indexed(sketch);
    CHECK(index.files.size() == 64);
    CHECK(noted(index, "nested too deep"));
}

TEST_CASE("names that could lead out of the image or into a log are left out with a note") {
    for (const auto& bad : {std::string("a/b"), std::string(".."), std::string("."), std::string("a\0b", 3),
                            std::string("a\nb"), std::string("a\\b"), std::string("\xff"), std::string()}) {
        CAPTURE(bad);
        IsoSketch sketch;
        sketch.root(iso_record("A.;1", 30, 1, 0, name_entry(bad)) + iso_record("B.;1", 30, 1, 0, name_entry("good")) +
                        iso_record("C", 19, 2048, folder_flag, name_entry(bad)),
                    susp_root());
        sketch.folder(19, iso_record("F.;1", 30, 1));
        const auto index = indexed(sketch);
        CHECK(paths(index) == std::vector<std::string>{"good"});
        CHECK(index.notes.size() == 2);
        for (const auto& note : index.notes) {
            CHECK(note.find('\n') == std::string::npos);
        }
    }
}

TEST_CASE("a name that comes twice is taken once") {
    IsoSketch sketch;
    sketch.root(iso_record("A.;1", 30, 1) + iso_record("B.;1", 31, 2) + iso_record("A.;1", 32, 3));
    const auto index = indexed(sketch);
    CHECK(paths(index) == std::vector<std::string>{"a", "b"});
    CHECK(index.file("a")->size == 1);
    CHECK(noted(index, "1 names that are there twice"));
}

TEST_CASE("records that are too short, too long or go over a sector's end are left out with the rest of the sector") {
    const auto good = iso_record("GOOD.;1", 30, 1);
    auto short_record = good;
    short_record[0] = 20;
    auto long_name = good;
    long_name[32] = 60;
    auto no_name = good;
    no_name[32] = 0;
    for (const auto& bad : {short_record, long_name, no_name}) {
        IsoSketch sketch;
        sketch.root(good + bad + iso_record("LOST.;1", 31, 1));
        const auto index = indexed(sketch);
        CHECK(paths(index) == std::vector<std::string>{"good"});
        CHECK(noted(index, "a damaged directory record"));
    }
    IsoSketch sketch(64, 2);
    std::string records;
    while (records.size() + 100 < 2048) {
        records += iso_record("N" + std::to_string(records.size()), 30, 1);
    }
    auto over = iso_record("OVER.;1" + std::string(30, 'X'), 30, 1);
    over[0] = static_cast<char>(120);
    sketch.root(records + over).put(19, iso_record("NEXT.;1", 31, 1));
    const auto index = indexed(sketch);
    CHECK(index.file("next") != nullptr);
    CHECK(index.file("over") == nullptr);
    CHECK(noted(index, "a damaged directory record"));
}

TEST_CASE("what lies past the end of the file is not served, and a short file is said to be one") {
    IsoSketch sketch;
    sketch.root(iso_record("IN.;1", 63, 2048) + iso_record("OVER.;1", 63, 2049) + iso_record("FAR.;1", 0xffffffff, 1) +
                iso_record("HUGE.;1", 20, 0xffffffff) + iso_record("DIR", 60, 0x7ffff800, folder_flag));
    auto index = indexed(sketch);
    CHECK(index.file("in")->problem.empty());
    for (const auto* path : {"over", "far", "huge"}) {
        CHECK(index.file(path)->problem == "it goes past the end of the image");
    }
    CHECK(noted(index, "left out /dir/: it lies past the end"));
    sketch.bytes().resize(50 * 2048);
    index = indexed(sketch);
    CHECK(index.volume_size == 64 * 2048);
    CHECK(noted(index, "the image says that it has 131072 bytes, but the file has 102400: cut short?"));
    CHECK_FALSE(index.file("in")->problem.empty());
}

TEST_CASE("more entries than any image has are refused") {
    const std::uint32_t sectors = 4000;
    IsoSketch sketch(sectors + 32, sectors);
    std::string full;
    while (full.size() + 36 <= 2048) {
        full += iso_record("ABC", 19, 0);
    }
    for (std::uint32_t sector = 19; sector < 18 + sectors; ++sector) {
        sketch.put(sector, full);
    }
    CHECK(refusal(sketch) == "more than 200000 directory entries");
}

TEST_CASE("UDF alone is refused by name, and beside ISO 9660 it is said to be there") {
    IsoSketch only;
    only.put(16, std::string("\0BEA01\x01", 7)).put(17, std::string("\0NSR03\x01", 7));
    only.put(18, std::string("\0TEA01\x01", 7));
    CHECK(refusal(only).starts_with("a UDF image"));

    IsoSketch both;
    both.bytes().replace(16 * 2048 + 156, 34, iso_record(std::string(1, '\0'), 25, 2048, folder_flag));
    both.put(18, std::string("\0BEA01\x01", 7)).put(19, std::string("\0NSR02\x01", 7));
    both.put(20, std::string("\0TEA01\x01", 7)).folder(25, iso_record("A.;1", 30, 1));
    CHECK(indexed(both).udf);
    CHECK(paths(indexed(both)) == std::vector<std::string>{"a"});
    CHECK_FALSE(indexed(IsoSketch()).udf);
}

TEST_CASE("what is no ISO 9660 image, or has no root, is refused") {
    IsoSketch none;
    none.put(16, std::string(8, '\0'));
    CHECK(refusal(none) == "not an ISO 9660 image: no volume descriptor (CD001) in sector 16");
    CHECK_FALSE(IsoSketch::index_of("").has_value());
    IsoSketch no_primary;
    no_primary.put(16, "\x02");
    CHECK(refusal(no_primary) == "an ISO 9660 image whose primary volume descriptor is missing or damaged");
    IsoSketch odd_blocks;
    put_little(odd_blocks.bytes(), 16 * 2048 + 128, 4096, 2);
    CHECK(refusal(odd_blocks) == "an ISO 9660 image whose primary volume descriptor is missing or damaged");
    IsoSketch no_root;
    no_root.bytes().resize(18 * 2048);
    CHECK(refusal(no_root).starts_with("its root folder lies past the end of the file"));
}

TEST_CASE("blocks of 512 bytes count in 512 bytes") {
    IsoSketch sketch;
    put_little(sketch.bytes(), 16 * 2048 + 128, 512, 2);
    sketch.bytes().replace(16 * 2048 + 156, 34, iso_record(std::string(1, '\0'), 18 * 4, 2048, folder_flag));
    sketch.root(iso_record("A.;1", 121, 7));
    CHECK(indexed(sketch).file("a")->extents[0] == IsoExtent{121 * 512, 7});
}
