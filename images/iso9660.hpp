// An index of an ISO 9660 image: which files are in it and where their bytes lie, so that they are served straight out
// of the image with nothing unpacked. Files are named as Linux names them when it mounts the image: by Rock Ridge,
// else Joliet, else the plain names in lower case. UDF is not read, not even where it stands beside ISO 9660.
// Whatever is wrong with one file or folder is a note, and the rest is still there.
//
// Specs: ECMA-119 (ISO 9660); SUSP 1.12 (IEEE P1281) and RRIP 1.12 (IEEE P1282); Joliet Specification (Microsoft,
// 1995). Where these leave a choice, Linux's fs/isofs decides.
#pragma once

#include "images/byte_source.hpp"
#include "server/base/fd.hpp"
#include "server/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::images {

/// A run of bytes of the image.
struct IsoExtent {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;

    bool operator==(const IsoExtent&) const = default;
};

struct IsoFile {
    std::string path;  ///< as is_path() wants it
    std::uint64_t size = 0;
    std::vector<IsoExtent> extents;  ///< in order, none of length 0; those that follow one another are one
    std::string problem;             ///< why it cannot be served, empty when it can: its bytes are then one extent

    bool operator==(const IsoFile&) const = default;
};

struct IsoLink {
    std::string path;
    std::string target;  ///< as written in the image

    bool operator==(const IsoLink&) const = default;
};

enum class IsoNames { rock_ridge, joliet, plain };
std::string_view to_string(IsoNames names);

struct IsoIndex {
    std::string volume_id;
    std::uint64_t volume_size = 0;  ///< bytes that the image should have at least
    IsoNames names = IsoNames::plain;
    bool udf = false;                ///< UDF stands beside it, and may hold more
    std::vector<IsoFile> files;      ///< sorted by path
    std::vector<IsoLink> links;      ///< symbolic links, sorted by path
    std::vector<std::string> notes;  ///< what was left out or looks odd, a line each

    bool operator==(const IsoIndex&) const = default;

    /// The file at `path`. Symbolic links on the way are followed within the image, whose root is where a target that
    /// starts with '/' begins and which ".." does not leave; nullptr after 40 of them, as Linux has it.
    [[nodiscard]] const IsoFile* file(std::string_view path) const;
};

inline constexpr std::size_t most_iso_entries = 200'000;           ///< directory records
inline constexpr std::size_t most_iso_text = 64U << 20U;           ///< bytes of paths and link targets
inline constexpr std::size_t most_iso_folder_bytes = 512U << 20U;  ///< read of directories and what continues them
inline constexpr int deepest_iso_folder = 64;

/// Reads the index of an image, a sector at a time. Errors: not ISO 9660, UDF alone, a root that cannot be read, more
/// than the limits above, and the source's.
base::Result<IsoIndex> read_iso_index(const ByteSource& source);

/// The bytes of `file` as a slice of the image. An error is the file's problem.
base::Result<base::FileSlice> iso_slice(const std::shared_ptr<const base::Fd>& image, const IsoFile& file,
                                        std::string etag = {});

}  // namespace musterd::images
