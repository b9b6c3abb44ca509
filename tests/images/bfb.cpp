#include "images/bfb.hpp"

#include "images/crc32.hpp"

#include "bfb_writer.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;

namespace {

/// What mlx-mkbfb wrote for boot-args v0, image and initramfs.
const std::string golden_args = "426602132100303b 0c000000e7bab3e1 00000000000000c0 636f6e736f6c653d6876633000000000";
const std::string golden_image = "426602132100303e 0700000090ddb6f8 0000000000000080 4b45524e454c2100";
const std::string golden_initramfs =
    "426602132100303f 09000000fe72c402 0000000000000000 494e495452442d396200000000000000";

const BfbPart args{BfbId::boot_args, 0, "console=hvc0"};
const BfbPart image{BfbId::image, 0, "KERNEL!"};
const BfbPart initramfs{BfbId::initramfs, 0, "INITRD-9b"};

std::string from_hex(const std::string& hex) {
    bool ok = false;
    const auto bytes = base::from_hex(hex, &ok);
    REQUIRE(ok);
    return std::string(base::as_text(bytes));
}

base::Result<Bfb> read(const std::string& file) {
    return read_bfb(MemorySource(base::as_bytes(file)));
}

/// The headers, then every image's CRC.
std::string problem_of(const std::string& file) {
    const auto bfb = read(file);
    if (!bfb) return bfb.error().message();
    for (const auto& record : bfb->records) {
        Crc32 crc;
        crc.update(base::as_bytes(file).subspan(record.at, record.padded()));
        const auto checked = check_crc(record, crc.value());
        if (!checked) return checked.error().message();
    }
    return {};
}

std::string with(std::string file, std::size_t offset, const std::string& bytes) {
    return file.replace(offset, bytes.size(), bytes);
}

}  // namespace

TEST_CASE("CRC-32 is zlib's, however the bytes are cut") {
    CHECK(crc_of("") == 0);
    CHECK(crc_of("123456789") == 0xcbf43926);
    CHECK(crc_of(std::string(32, '\0')) == 0x190a55ad);
    const std::string text = "The quick brown fox jumps over the lazy dog";
    CHECK(crc_of(text) == 0x414fa339);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        Crc32 crc;
        crc.update(base::as_bytes(text.substr(0, cut)));
        crc.update(base::as_bytes(text.substr(cut)));
        CHECK(crc.value() == 0x414fa339);
    }
}

TEST_CASE("the test's writer writes what mlx-mkbfb writes") {
    CHECK(write_bfb({args, image, initramfs}) == from_hex(golden_args + golden_image + golden_initramfs));
    const auto two = write_bfb({args, {BfbId::boot_args, 2, "x"}, image, initramfs});
    CHECK(two.substr(0, 8) == from_hex("426602132120303b"));
    CHECK(two.substr(16, 8) == from_hex("00000000000000c8"));
    CHECK(two.substr(40, 8) == from_hex("426602132100323b"));
    CHECK(two.substr(56, 8) == from_hex("00000000000000c0"));
}

TEST_CASE("mlx-mkbfb's file is read: records, places, lengths, CRCs") {
    const auto file = from_hex(golden_args + golden_image + golden_initramfs);
    const auto bfb = read(file);
    REQUIRE(bfb.has_value());
    const std::vector<BfbRecord> expected = {{59, 0, 0, 24, 12, 0xe1b3bae7, std::uint64_t{3} << 62U},
                                             {62, 0, 40, 64, 7, 0xf8b6dd90, std::uint64_t{1} << 63U},
                                             {63, 0, 72, 96, 9, 0x02c472fe, 0}};
    CHECK(bfb->records == expected);
    CHECK(bfb->trailer_at == 112);
    CHECK(bfb->trailer_length == 0);
    CHECK(problem_of(file).empty());
    CHECK(bfb->records[2].to_string() == "initramfs v0 at offset 72");
}

TEST_CASE("of each id a chip takes the highest version that is not above its own") {
    const auto bfb = read(write_bfb({{BfbId::bl2, 0, "bl2 for all"},
                                     {BfbId::bl2, 1, "bl2 for BlueField-2"},
                                     {BfbId::bl2, 2, "bl2 for BlueField-3"},
                                     {BfbId::bl31, 2, "bl31 for BlueField-3"},
                                     image}));
    REQUIRE(bfb.has_value());
    CHECK(bfb->find_for(BfbId::bl2, 0)->version == 0);
    CHECK(bfb->find_for(BfbId::bl2, 1)->version == 1);
    CHECK(bfb->find_for(BfbId::bl2, 2)->version == 2);
    CHECK(bfb->find_for(BfbId::bl31, 1) == nullptr);
    CHECK(bfb->has(BfbId::bl31));
    CHECK(bfb->find_for(BfbId::image, 1)->version == 0);
    CHECK_FALSE(bfb->has(BfbId::initramfs));
}

TEST_CASE("what stands behind the last record is configuration, whatever it looks like") {
    const auto file = write_bfb({args, image, initramfs});
    const auto configuration = [](std::size_t length) { return std::string(length, 'x'); };
    for (const auto& trailer :
         {configuration(0), configuration(1), configuration(23), configuration(24), configuration(10'000), file}) {
        CAPTURE(trailer.size());
        const auto bfb = read(file + trailer);
        REQUIRE(bfb.has_value());
        CHECK(bfb->records.size() == 3);
        CHECK(bfb->trailer_at == file.size());
        CHECK(bfb->trailer_length == trailer.size());
        CHECK(problem_of(file + trailer).empty());
    }
}

TEST_CASE("images of any length, unknown ids, older formats and longer headers are read") {
    for (std::size_t length = 0; length <= 17; ++length) {
        CAPTURE(length);
        const auto file = write_bfb({{BfbId{44}, 0, std::string(length, 'a')}, initramfs});
        CHECK(problem_of(file).empty());
        CHECK(read(file)->records[0].length == length);
        CHECK(read(file)->records[0].to_string() == "image_id_44 v0 at offset 0");
    }
    for (const unsigned minor : {0U, 1U, 2U})
        CHECK(problem_of(bfb_header(image, 0, 0, minor) + padded(image.content)).empty());

    auto longer = bfb_header(image, 0, 0);
    longer[6] = 0x40;  // four words
    const auto file = longer + std::string(8, 'w') + padded(image.content);
    CHECK(problem_of(file).empty());
    CHECK(read(file)->records[0].at == 32);
}

TEST_CASE("a file that is cut anywhere is refused") {
    const auto file = write_bfb({args, image, initramfs});
    for (std::size_t length = 0; length < file.size(); ++length) {
        CAPTURE(length);
        CHECK_FALSE(problem_of(file.substr(0, length)).empty());
    }
    CHECK(problem_of("") == "BFB header at offset 0: cut short, 0 bytes of 24");
    CHECK(problem_of(file.substr(0, 50)) == "BFB header at offset 40: cut short, 10 bytes of 24");
    CHECK(problem_of(file.substr(0, 100)) ==
          "BFB image initramfs v0 at offset 72: cut short: it needs 16 bytes up to offset 112, and the file has 100");
    CHECK(problem_of(file.substr(0, 72)) ==
          "BFB image image v0 at offset 40: says that initramfs follows, which does not; the file is cut short or put "
          "together wrongly");
}

TEST_CASE("a flipped bit is found, but for those that no rule of the format covers") {
    const auto file = write_bfb({args, image, initramfs});
    for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
        const auto byte = bit / 8;
        const auto in_header = byte < 40 ? byte : byte < 72 ? byte - 40 : byte - 72;
        const bool version = in_header >= 4 && in_header <= 6;  // these and the minor number: several values are right
        const bool padding = in_header == 8 && bit % 8 < 3;     // a length with the same end of the padding
        const bool first_id = byte == 7;                        // no record before it announces it
        if (version || padding || first_id) continue;
        auto flipped = file;
        flipped[byte] = static_cast<char>(flipped[byte] ^ 1 << bit % 8);
        CAPTURE(bit);
        CHECK_FALSE(problem_of(flipped).empty());
    }
    CHECK(problem_of(with(file, 64, "k")) ==
          "BFB image image v0 at offset 40: damaged: its CRC is 0x01c0bfc6, and the header says 0xf8b6dd90");
    CHECK_FALSE(problem_of(with(file, 71, "x")).empty());  // padding is under the CRC too
}

TEST_CASE("headers that lie are refused, with the record and its offset") {
    struct Case {
        std::size_t offset;
        std::string bytes;
        std::string problem;
    };
    using namespace std::string_literals;
    const Case cases[] = {
        {43, "\x14", "BFB header at offset 40: magic number 0x14026642, not 0x13026642"},
        {44, "\x22", "BFB header at offset 40: format 2.2; 1.0 to 1.2 are known"},
        {44, "\x31", "BFB header at offset 40: format 1.3; 1.0 to 1.2 are known"},
        {45, "\x01", "BFB header at offset 40: reserved bits are set"},
        {46, "\x20", "BFB header at offset 40: a header of 2 words; it has at least 3"},
        {47, "\x40", "BFB header at offset 40: image id 64; the highest is 63"},
        {48, "\xff\xff\xff\xff",
         "BFB image image v0 at offset 40: cut short: it needs 4294967296 bytes up to offset 4294967360, and the file "
         "has 112"},
        {48, "\x31\0"s,
         "BFB image image v0 at offset 40: cut short: it needs 56 bytes up to offset 120, and the file has 112"},
        {23, "\xe0", "BFB image boot-args v0 at offset 0: says that uefi-tests follows"},
        {23, "\x80", "BFB image boot-args v0 at offset 0: does not say that image follows, which does"},
        {16, "\x02", "BFB image boot-args v0 at offset 0: says that bl2 follows"},
        {79, "\x3e", "BFB image image v0 at offset 72: there is one of that version already"},
    };
    const auto file = write_bfb({args, image, initramfs});
    for (const auto& each : cases) {
        CAPTURE(each.offset);
        const auto problem = problem_of(with(file, each.offset, each.bytes));
        CAPTURE(problem);
        CHECK(problem.starts_with(each.problem));
    }
}

TEST_CASE("a BFB is known by its first four bytes") {
    CHECK(is_bfb(base::as_bytes(from_hex("42660213"))));
    CHECK_FALSE(is_bfb(base::as_bytes(from_hex("426602"))));
    CHECK_FALSE(is_bfb(base::as_bytes(from_hex("13026642"))));
}
