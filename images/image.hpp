// images: what can be booted. An image is a set of immutable files kept by their SHA-256, with a manifest that says
// which of them is the kernel and which are the initrds. This room recognises files by content, imports them so that
// a crash at any moment leaves nothing half-done in sight, finds them by name or digest, and opens them for sending.
// It is not a server, knows no host and no profile, and never changes a file once it is in.
//
// On disk, under data_dir/images:
//   blobs/AB/<sha256>       file contents, each once            manifests/<digest>.json   canonical JSON, see below
//   names/<name>            history of a name, newest first     spool/<pid>-<n>/          imports under way (flock)
//
// Specs: FIPS 180-4 (SHA-256); Linux Documentation/arch/x86/boot.rst and arch/arm64/booting.rst (kernel headers),
// driver-api/early-userspace/buffer-format.rst (initrd); RFC 8785 in spirit (one text for one value).
#pragma once

#include "server/base/clock.hpp"
#include "server/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::images {

/// One file of an image. `path` is relative to the imported folder, with '/' between its parts, no "." or "..".
/// It may be a part of another file that is kept whole (the kernel in an ISO), and has then no blob of its own.
struct ImageFile {
    std::string path;
    std::uint64_t size = 0;
    std::string sha256;        ///< of its own bytes, 64 lower-case hex digits
    std::string inside;        ///< path of the file that it is a part of; empty if it is none
    std::uint64_t offset = 0;  ///< in that file

    bool operator==(const ImageFile&) const = default;
};

/// What of an image a machine starts.
enum class Payload {
    kernel,   ///< with its initrds
    program,  ///< an EFI program, as it is
    disk,     ///< a disk image or ISO, of which firmware knows what to start
};

/// An imported image. `name`, `imported` and `source` belong to the name it was found by; everything else is the
/// content, and two imports of the same content have the same digest. Of kernel, root, loader and disk those that it
/// has not are empty.
struct Image {
    std::string name;    ///< empty when found by digest and no name leads to it
    std::string digest;  ///< 64 lower-case hex digits: SHA-256 of manifest()
    std::string kind = "linux";
    std::string arch;  ///< as Debian says it: amd64, i386, arm64; may be empty where there is no kernel
    base::Time imported;
    std::string source;                ///< folder, file or URL that it was imported from; empty if nobody wrote it down
    std::vector<ImageFile> files;      ///< sorted by path
    std::string kernel;                ///< path of the kernel; empty only where there is a loader or a disk
    std::vector<std::string> initrds;  ///< paths, in the order in which they are to be loaded
    std::string root;                  ///< path of what the initrd is to fetch as its root: a squashfs, casper's ISO
    std::string loader;                ///< path of an EFI program that firmware starts as it is
    std::string disk;                  ///< path of a disk image or ISO that HTTP Boot takes for a RAM disk
    std::vector<std::string> args;     ///< kernel arguments that the image itself wants

    bool operator==(const Image&) const = default;

    /// Its kernel if it has one, else its loader, else its disk.
    [[nodiscard]] Payload payload() const;
    /// The path of that.
    [[nodiscard]] const std::string& started() const;
    /// What the file at `path` is for: kernel, initrd, root, loader, disk, several of these with a comma, or empty.
    [[nodiscard]] std::string role_of(std::string_view path) const;
    /// The file at `path`, nullptr if the image has none.
    [[nodiscard]] const ImageFile* file(std::string_view path) const;
};

/// The canonical JSON of an image's content: kind, arch, kernel, initrds, root, loader and disk where it has them, args
/// and files; not its name, time and source.
/// These are the bytes of manifests/<digest>.json, so `sha256sum` of that file gives its own name.
std::string manifest(const Image& image);
/// SHA-256 of manifest(image).
std::string digest_of(const Image& image);
/// Reads a manifest and checks it whole: known keys only, valid paths and digests, files sorted and unique, roles
/// that name files. `digest` is computed; `name`, `imported` and `source` stay empty.
base::Result<Image> image_from_manifest(std::string_view json);

/// The JSON that people and programs see: name, digest, kind, arch, imported, files: [{path, size, sha256}], then
/// kernel, initrds, args, root, loader, disk, ram_mib (ram_need.hpp), source. One line.
std::string to_json(const Image& image);
/// A JSON array of the same.
std::string to_json(const std::vector<Image>& images);

/// [a-z0-9][a-z0-9._-]{0,63}
bool is_name(std::string_view text);
/// 64 lower-case hex digits.
bool is_digest(std::string_view text);
/// Relative, parts not empty, "." or "..", no control characters or backslash, valid UTF-8, at most 1024 bytes.
bool is_path(std::string_view text);
/// A kernel argument: not empty, valid UTF-8, no control characters.
bool is_argument(std::string_view text);

}  // namespace musterd::images
