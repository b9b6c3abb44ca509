#pragma once

#include "images/byte_source.hpp"
#include "server/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace musterd::images {

/// ECMA-119 6.1.2: logical sectors have 2048 bytes on every medium that is in use.
inline constexpr std::uint64_t iso_sector = 2048;

/// Whether the bytes lie in the file.
inline bool holds(const ByteSource& source, std::uint64_t offset, std::uint64_t length) {
    return offset <= source.size() && length <= source.size() - offset;
}

/// One tree of folders: where its root folder lies and in what units its places are counted.
struct IsoTree {
    std::uint64_t block_size = iso_sector;  ///< ECMA-119 6.2.2: 512, 1024 or 2048
    std::uint64_t root_offset = 0;          ///< bytes from the start of the file
    std::uint64_t root_length = 0;

    bool operator==(const IsoTree&) const = default;
};

/// What an image's volume descriptors say.
struct IsoVolume {
    std::string id;          ///< without the blanks at its end
    std::uint64_t size = 0;  ///< bytes that the volume takes, as it says itself
    IsoTree primary;
    std::optional<IsoTree> joliet;
    bool udf = false;  ///< there is a UDF file system beside it

    bool operator==(const IsoVolume&) const = default;
};

/// Reads the volume descriptors. Errors: no ISO 9660 image, UDF alone, a primary descriptor that is missing or damaged.
base::Result<IsoVolume> read_iso_volume(const ByteSource& source);

}  // namespace musterd::images
