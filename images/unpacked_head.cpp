#include "images/unpacked_head.hpp"

#include <archive.h>

#include <algorithm>
#include <array>
#include <memory>

namespace musterd::images {

namespace {

struct Magic {
    std::string_view bytes;
    Compression compression;
    std::string_view name;
    int filter;  ///< libarchive's, 0 where we look ourselves
};

using namespace std::string_view_literals;

constexpr std::array magics = {
    Magic{"\x1f\x8b"sv, Compression::gzip, "gzip", ARCHIVE_FILTER_GZIP},
    Magic{"BZh"sv, Compression::bzip2, "bzip2", ARCHIVE_FILTER_BZIP2},
    Magic{"\x5d\0\0"sv, Compression::lzma, "lzma", ARCHIVE_FILTER_LZMA},
    Magic{"\xfd"
          "7zXZ\0"sv,
          Compression::xz, "xz", ARCHIVE_FILTER_XZ},
    Magic{"\x04\x22\x4d\x18"sv, Compression::lz4, "lz4", 0},
    Magic{"\x02\x21\x4c\x18"sv, Compression::lz4_legacy, "lz4 (legacy frame)", 0},
    Magic{"\x28\xb5\x2f\xfd"sv, Compression::zstd, "zstd", ARCHIVE_FILTER_ZSTD},
};

struct Close {
    void operator()(archive* reader) const { archive_read_free(reader); }
};

base::Bytes through_libarchive(base::ByteView head, int filter, std::size_t want) {
    const std::unique_ptr<archive, Close> reader(archive_read_new());
    archive_entry* entry = nullptr;
    const bool open = reader && archive_read_append_filter(reader.get(), filter) == ARCHIVE_OK &&
                      archive_read_support_format_raw(reader.get()) == ARCHIVE_OK &&
                      archive_read_open_memory(reader.get(), head.data(), head.size()) == ARCHIVE_OK &&
                      archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK;
    if (!open) return {};
    base::Bytes bytes(want);
    const auto count = archive_read_data(reader.get(), bytes.data(), bytes.size());
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
}

/// lz4_Block_format.md: a token, whose high four bits are the length of the literals that follow; 15 means that
/// further bytes are added to it, up to and including the first that is not 255.
base::Bytes first_literals(base::ByteReader block, std::size_t want) {
    std::size_t length = block.u8() >> 4U;
    for (bool more = length == 15; more && block.ok() && length < want;) {
        const auto extra = block.u8();
        length += extra;
        more = extra == 255;
    }
    const auto literals = block.take(std::min({length, want, block.remaining()}));
    return {literals.begin(), literals.end()};
}

/// Passes the magic number and the size of the first block, which legacy frames have nothing between.
base::Bytes from_lz4_legacy(base::ByteView head, std::size_t want) {
    base::ByteReader reader(head);
    reader.take(8);
    return first_literals(reader, want);
}

/// lz4_Frame_format.md: FLG bit 3 announces a content size, bit 0 a dictionary id; a block whose size (little-endian)
/// has the highest bit set is not compressed.
base::Bytes from_lz4_frame(base::ByteView head, std::size_t want) {
    base::ByteReader reader(head);
    reader.take(4);
    const auto flags = reader.u8();
    reader.take(1);
    if ((flags & 0x08U) != 0) reader.take(8);
    if ((flags & 0x01U) != 0) reader.take(4);
    reader.take(1);
    const auto block_size = reader.take(4);
    if (!reader.ok()) return {};
    const bool stored = (block_size[3] & 0x80U) != 0;
    if (!stored) return first_literals(reader, want);
    const auto bytes = reader.take(std::min(want, reader.remaining()));
    return {bytes.begin(), bytes.end()};
}

/// An lzma header says in bytes 1 to 4 (little-endian) how much memory it wants for its dictionary, and liblzma
/// allocates that before it decodes a byte. `lzma -9` writes 64 MiB; here less than 256 MiB is believed.
bool wants_too_much(base::ByteView head) {
    return head.size() < 5 || head[4] >= 0x10;
}

}  // namespace

std::string_view to_string(Compression compression) {
    for (const auto& magic : magics) {
        if (magic.compression == compression) return magic.name;
    }
    return "none";
}

Compression compression_of(base::ByteView head) {
    for (const auto& magic : magics) {
        if (base::as_text(head).starts_with(magic.bytes)) return magic.compression;
    }
    return Compression::none;
}

int libarchive_filter(Compression compression) {
    for (const auto& magic : magics) {
        if (magic.compression == compression) return magic.filter;
    }
    return 0;
}

base::Bytes unpacked_head(base::ByteView head, Compression compression, std::size_t want) {
    if (compression == Compression::lz4) return from_lz4_frame(head, want);
    if (compression == Compression::lzma && wants_too_much(head)) return {};
    if (compression == Compression::lz4_legacy) return from_lz4_legacy(head, want);
    const auto filter = libarchive_filter(compression);
    return filter == 0 ? base::Bytes() : through_libarchive(head, filter, want);
}

}  // namespace musterd::images
