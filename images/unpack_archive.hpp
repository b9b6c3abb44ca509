#pragma once

#include "images/source_folder.hpp"
#include "images/spool.hpp"
#include "images/unpacker.hpp"

#include <map>

namespace musterd::images {

/// What an archive may unpack to. The defaults are far above what a machine can boot.
struct ArchiveLimits {
    std::size_t entries = 50'000;
    std::size_t files = 10'000;
    std::uint64_t bytes = 64ULL << 30U;
    std::uint64_t times = 250;              ///< its own size …
    std::uint64_t allowance = 256U << 20U;  ///< … and so many bytes above that
};

/// Files of an archive in a spool, under names of the spool's own: no name of the archive ever is a name on disk.
struct UnpackedArchive {
    SourceFolder folder;                       ///< with links within the archive resolved
    std::map<std::string, Spool::File> files;  ///< by path; a link's is that of its target
};

/// Unpacks a tar archive in `compression`. `unpacked` hears, piece by piece, the path in hand and the bytes of `source`
/// that were read. Errors: names and links that lead out of it, devices, FIFOs, a name that is in it twice, more than
/// `limits`, damaged or cut short, no space.
base::Result<UnpackedArchive> unpack_archive(
    Spool& spool, const ByteSource& source, Compression compression, const ArchiveLimits& limits,
    const std::function<void(const std::string& path, std::uint64_t read)>& unpacked);

}  // namespace musterd::images
