#pragma once

#include "server/base/fd.hpp"
#include "server/base/result.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace musterd::images {

/// What tells that a file is still the same: device, inode, size, and times of change to the nanosecond.
struct FileStamp {
    std::array<std::uint64_t, 2> identity{};
    std::uint64_t size = 0;
    std::array<std::int64_t, 4> times{};

    bool operator==(const FileStamp&) const = default;
};

struct SourceFile {
    std::string path;                ///< in the image: relative, '/' between parts
    std::filesystem::path location;  ///< on disk
    FileStamp stamp;
};

struct SourceFolder {
    std::vector<SourceFile> files;             ///< sorted by path
    std::vector<std::string> notes;            ///< what was left out, and why
    std::map<std::string, std::string> links;  ///< by path, what the links on disk say
};

/// Lists the regular files under `folder`, and links to regular files (a `nix build` result is made of them). Links to
/// folders, devices, sockets and FIFOs are left out with a note. A link to nothing, a path that an image cannot hold,
/// more than 10,000 files or folders nested deeper than 16 are errors.
base::Result<SourceFolder> scan_folder(const std::filesystem::path& folder);

/// The same of one regular file, or a link to one, that is to be called `path` in the image.
base::Result<SourceFile> scan_file(const std::filesystem::path& location, std::string path);

/// The first bytes of an open file of a scan, at most `count`.
base::Result<base::Bytes> read_source_head(const base::Fd& fd, const SourceFile& file, std::size_t count);
/// Opens a file of a scan for reading; an error if it is not the file that was scanned any more.
base::Result<base::Fd> open_source(const SourceFile& file);
/// What to say of a file that is not what it was when the folder was scanned.
base::Error changed(const SourceFile& file);
/// changed(file) if the open file has changed since it was scanned.
base::Result<void> check_unchanged(const base::Fd& fd, const SourceFile& file);

}  // namespace musterd::images
