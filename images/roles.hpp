#pragma once

#include "images/recognize.hpp"
#include "server/base/result.hpp"

#include <string>
#include <vector>

namespace musterd::images {

/// A file of a folder, by path, and what it was recognised as.
struct Candidate {
    std::string path;
    Recognized recognized;
};

/// Which files boot, and on what.
struct Roles {
    std::string kernel;
    std::string arch;
    std::vector<std::string> initrds;  ///< in the order of their paths
    std::vector<std::string> notes;    ///< what looks odd but is no error
    std::string root;                  ///< the one squashfs, if there is one
    Compression kernel_packed = Compression::none;

    bool operator==(const Roles&) const = default;
};

/// One kernel is wanted; of several the one whose file is called vmlinuz, linux, bzImage, Image or kernel is taken,
/// and one that is not compressed rather than one that is. Of several squashfs the one called squashfs, root.squashfs,
/// filesystem.squashfs or rootfs.squashfs is the root. Errors name the files and say what each was taken for.
/// `candidates` are sorted by path.
base::Result<Roles> choose_roles(const std::vector<Candidate>& candidates);

}  // namespace musterd::images
