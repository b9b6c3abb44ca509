#pragma once

#include "server/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace musterd::images {

/// A directory record, ECMA-119 9.1. Views into the sector that it was read from.
struct IsoRecord {
    base::ByteView name;        ///< file identifier, 9.1.11
    base::ByteView system_use;  ///< 9.1.13
    std::uint64_t block = 0;    ///< where the data begins, behind an extended attribute record (9.1.2, 9.5)
    std::uint64_t length = 0;   ///< bytes of data in this extent
    std::uint8_t flags = 0;     ///< 9.1.6
    bool interleaved = false;   ///< 9.1.7, 9.1.8: the data is not in one piece

    [[nodiscard]] bool is_folder() const { return (flags & 0x02U) != 0; }
    [[nodiscard]] bool is_associated() const { return (flags & 0x04U) != 0; }
    [[nodiscard]] bool continues() const { return (flags & 0x80U) != 0; }  ///< the next record has more of this file
    /// 7.6.2: the folder itself is called 0, its parent 1.
    [[nodiscard]] bool is_self_or_parent() const { return name.size() == 1 && name[0] <= 1; }
};

/// The record at the start of `bytes`; nothing when it is shorter than its fields or longer than `bytes`.
std::optional<IsoRecord> read_iso_record(base::ByteView bytes);

/// The little-endian half of a number recorded in both byte orders (ECMA-119 7.2.3, 7.3.3), as every reader takes it;
/// 0 past the end.
std::uint64_t iso_number(base::ByteView bytes, std::size_t offset, std::size_t width);

/// As Linux mounts it by default (fs/isofs/dir.c, isofs_name_translate): lower case, without ";1" and a '.' before
/// it, any other ';' a '.'.
std::string plain_iso_name(base::ByteView name);
/// fs/isofs/joliet.c: UCS-2, big-endian, without ";1" and dots at the end. Not valid UTF-8 when a surrogate is alone.
std::string joliet_name(base::ByteView name);

}  // namespace musterd::images
