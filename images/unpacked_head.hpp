#pragma once

#include "server/base/bytes.hpp"

#include <cstddef>
#include <string_view>

namespace musterd::images {

/// The compressors that Linux's initramfs loader knows (lib/decompress.c), but for LZO, which needs a program here.
enum class Compression { none, gzip, bzip2, lzma, xz, lz4, lz4_legacy, zstd };
std::string_view to_string(Compression compression);

/// By the magic number alone, as lib/decompress.c does.
Compression compression_of(base::ByteView head);

/// The number that libarchive has for a compression; 0 for none, and for lz4, which we look into ourselves.
int libarchive_filter(Compression compression);

/// The first bytes, at most `want`, of what is compressed in a file that starts with `head`. Empty when `head` is too
/// short or damaged. Of lz4, whose blocks are too large to have whole, only the first run of literals is given; what
/// an archive starts with is always in it, since a match needs four equal bytes before it.
base::Bytes unpacked_head(base::ByteView head, Compression compression, std::size_t want);

}  // namespace musterd::images
