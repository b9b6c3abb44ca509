#include "images/recognize.hpp"

#include "scratch.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>

#include <memory>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;

namespace {

Recognized recognized(const std::string& content) {
    return recognize(base::as_bytes(content).first(std::min(content.size(), recognize_bytes)));
}

std::string packed(int filter, const std::string& content) {
    const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
    std::string out(content.size() + content.size() / 8 + 65536, '\0');
    std::size_t used = 0;
    REQUIRE(archive_write_add_filter(writer.get(), filter) == ARCHIVE_OK);
    REQUIRE(archive_write_set_format_raw(writer.get()) == ARCHIVE_OK);
    REQUIRE(archive_write_open_memory(writer.get(), out.data(), out.size(), &used) == ARCHIVE_OK);
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    REQUIRE(archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK);
    REQUIRE(archive_write_data(writer.get(), content.data(), content.size()) ==
            static_cast<la_ssize_t>(content.size()));
    REQUIRE(archive_write_close(writer.get()) == ARCHIVE_OK);
    out.resize(used);
    return out;
}

/// Bytes that no compressor shrinks, so that blocks have their full size.
std::string noise(std::size_t count) {
    std::string bytes(count, '\0');
    std::uint64_t state = 1;
    for (auto& byte : bytes) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        byte = static_cast<char>(state >> 56U);
    }
    return bytes;
}

/// The MZ stub points at `offset`; machine 0x8664.
std::string pe(std::string bytes, std::size_t offset) {
    bytes.resize(std::max(bytes.size(), offset + 8));
    bytes.replace(0, 2, "MZ");
    bytes[0x3c] = static_cast<char>(offset);
    bytes.replace(offset, 6, std::string("PE\0\0\x64\x86", 6));
    return bytes;
}

}  // namespace

TEST_CASE("kernels are recognised by their headers") {
    CHECK(recognized(bzimage()) == Recognized{Role::kernel, "x86 bzImage", "amd64", false});
    CHECK(recognized(pe(bzimage(), 0x80)) == Recognized{Role::kernel, "x86 bzImage", "amd64", true});
    CHECK(recognized(arm64_image()) == Recognized{Role::kernel, "arm64 Image", "arm64", false});
    CHECK(recognized(pe(arm64_image(), 0x40)) == Recognized{Role::kernel, "arm64 Image", "arm64", true});

    std::string zimage(0x200, '\0');
    zimage.replace(0x24, 4, "\x18\x28\x6f\x01");
    CHECK(recognized(zimage) == Recognized{Role::kernel, "ARM zImage", "armhf", false});
    CHECK(recognized(pe(zimage, 0x40)) == Recognized{Role::kernel, "ARM zImage", "armhf", true});

    auto narrow = bzimage();
    narrow[0x236] = 0;
    CHECK(recognized(narrow).arch == "i386");
    auto old = bzimage();
    old[0x206] = 0x0b;  // xloadflags came with 2.12; before, the field held something else
    CHECK(recognized(old).arch == "i386");

    auto zboot = pe(std::string(64, '\0'), 0x40);
    zboot.replace(4, 4, "zimg");
    CHECK(recognized(zboot) == Recognized{Role::kernel, "EFI zboot kernel", "amd64", true});
}

TEST_CASE("a kernel whose boot flag or magic is damaged is not one") {
    auto no_flag = bzimage();
    no_flag[0x1fe] = 0;
    CHECK(recognized(no_flag).role == Role::other);
    CHECK(recognized(bzimage().substr(0, 0x204)).role == Role::other);
    CHECK(recognized(pe(std::string(), 0x40)) == Recognized{Role::loader, "EFI program", "amd64", false});
}

TEST_CASE("an initrd is a cpio archive in any compressor that Linux knows") {
    struct Row {
        int filter;
        std::string format;
    };
    const std::vector<Row> rows = {
        {ARCHIVE_FILTER_GZIP, "gzip, cpio archive inside"}, {ARCHIVE_FILTER_BZIP2, "bzip2, cpio archive inside"},
        {ARCHIVE_FILTER_LZMA, "lzma, cpio archive inside"}, {ARCHIVE_FILTER_XZ, "xz, cpio archive inside"},
        {ARCHIVE_FILTER_ZSTD, "zstd, cpio archive inside"}, {ARCHIVE_FILTER_LZ4, "lz4, cpio archive inside"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.format);
        CHECK(recognized(packed(row.filter, cpio())) == Recognized{Role::initrd, row.format, "", false});
        // Of a large one only the start is looked at.
        CHECK(recognized(packed(row.filter, cpio(noise(1'300'000)))) ==
              Recognized{Role::initrd, row.format, "", false});
        CHECK(recognized(packed(row.filter, cpio(std::string(2U << 20U, 'x')))).role == Role::initrd);
    }
    CHECK(recognized(cpio()) == Recognized{Role::initrd, "cpio archive", "", false});
    CHECK(recognized("070702" + cpio()).role == Role::initrd);
}

TEST_CASE("an lz4 legacy frame, whose block is 8 MiB, is known by its first literals") {
    const std::string head("\x02\x21\x4c\x18\x40\0\0\0\xf0\x03", 10);  // literals: 15 + 3
    CHECK(recognized(head + cpio()) == Recognized{Role::initrd, "lz4 (legacy frame), cpio archive inside", "", false});
    CHECK(recognized(head + "nothing of the kind").role == Role::other);
    CHECK(recognized(head.substr(0, 8)).format == "lz4 (legacy frame), damaged or cut short");
}

TEST_CASE("what is compressed and no initrd is said by what is inside") {
    std::string tar(1024, '\0');
    tar.replace(257, 5, "ustar");
    CHECK(recognized(packed(ARCHIVE_FILTER_GZIP, tar)) ==
          Recognized{Role::other, "gzip, tar archive inside", "", false});
    CHECK(recognized(packed(ARCHIVE_FILTER_GZIP, arm64_image())) ==
          Recognized{Role::kernel, "gzip, arm64 Image inside", "arm64", false, Compression::gzip});
    CHECK(recognized(packed(ARCHIVE_FILTER_XZ, "words")).format == "xz, unknown inside");
    CHECK(recognized("\x1f\x8b rubbish").format == "gzip, damaged or cut short");
    CHECK(recognized(std::string("\x5d\0\0 rubbish", 11)).role == Role::other);
}

TEST_CASE("disk images are known by their partition tables") {
    std::string mbr(4096, '\0');
    mbr.replace(510, 2, "\x55\xaa");
    CHECK(recognized(mbr).role == Role::other);  // no partition in it
    mbr[446 + 4] = '\xef';
    mbr[446 + 12] = 1;
    CHECK(recognized(mbr) == Recognized{Role::disk, "disk image with an MBR", "", false});
    mbr[446 + 16] = 0x12;  // code, as in a boot sector without a table
    CHECK(recognized(mbr).role == Role::other);
    for (const std::size_t block : {512U, 4096U}) {
        std::string gpt(8192, '\0');
        gpt.replace(block, 8, "EFI PART");
        CHECK(recognized(gpt) == Recognized{Role::disk, "disk image with a GPT", "", false});
    }
    CHECK(recognized("hsqs") == Recognized{Role::root, "squashfs", "", false});
}

TEST_CASE("an lzma header that asks for gigabytes of memory is not believed") {
    const std::string greedy("\x5d\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\x18", 15);
    CHECK(recognized(greedy).format == "lzma, damaged or cut short");
}

TEST_CASE("other files are named for what they are") {
    std::string iso(0x8010, '\0');
    iso.replace(0x8001, 5, "CD001");
    CHECK(recognized(iso).format == "ISO 9660 image");
    CHECK(recognized("hsqs....").format == "squashfs");
    CHECK(recognized("\x7f"
                     "ELF")
              .format == "ELF program");
    CHECK(recognized("070707").format == "cpio archive in the old odc format, which Linux cannot unpack");
    CHECK(recognized("").format == "empty");
    CHECK(recognized("#!ipxe\n").format == "unknown");
}

TEST_CASE("a head that is cut at any byte is taken for something without reading past it") {
    for (const auto& whole : {bzimage(), arm64_image(), pe(bzimage(), 0x80), packed(ARCHIVE_FILTER_GZIP, cpio()),
                              packed(ARCHIVE_FILTER_LZ4, cpio()), packed(ARCHIVE_FILTER_ZSTD, cpio())}) {
        for (std::size_t length = 0; length < whole.size(); ++length) {
            const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
            CHECK_FALSE(recognize(cut).format.empty());
        }
    }
}
