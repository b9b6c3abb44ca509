#pragma once

#include "server/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace musterd::images {

/// What the System Use area of one directory record says: SUSP 1.12 (IEEE P1281) and RRIP 1.12 (IEEE P1282), as far as
/// names, types, links and relocated folders go.
struct RockRidge {
    /// SP (SUSP 5.3), in the root's own record only: the area is SUSP's, and `skip` bytes of every other one are not.
    std::optional<std::size_t> skip;
    bool rock_ridge = false;             ///< ER (SUSP 5.5) names RRIP, or an entry that only RRIP has was seen
    std::optional<std::string> name;     ///< NM (RRIP 4.1.4)
    std::optional<std::string> link;     ///< SL (RRIP 4.1.3): where a symbolic link points to
    std::optional<std::uint32_t> mode;   ///< PX (RRIP 4.1.1): st_mode
    std::optional<std::uint64_t> child;  ///< CL (RRIP 4.1.5.1): the folder that belongs here lies in this block
    bool relocated = false;              ///< RE (RRIP 4.1.5.3): this folder belongs elsewhere, where a CL leads to it
    std::string encoding;  ///< the data is not the file's bytes: "zisofs" (ZF, Z2), "sparse" (SF, RRIP 4.1.7)
    bool damaged = false;  ///< a continuation that cannot be read, or entries that do not end

    bool operator==(const RockRidge&) const = default;
};

/// Gives `length` bytes at `offset` behind the start of a block; nothing when they cannot be had.
using ReadContinuation =
    std::function<std::optional<base::Bytes>(std::uint64_t block, std::uint64_t offset, std::uint64_t length)>;

/// Reads a System Use area from its first entry on, and what CE (SUSP 5.1) adds to it.
RockRidge read_rock_ridge(base::ByteView system_use, const ReadContinuation& more);

}  // namespace musterd::images
