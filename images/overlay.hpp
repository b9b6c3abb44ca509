#pragma once

#include "server/base/bytes.hpp"
#include "server/base/result.hpp"

#include <string>
#include <vector>

namespace musterd::images {

/// A file to be put into a machine's initramfs.
struct OverlayFile {
    std::string path;  ///< from the root, without a leading '/'; its folders are made
    std::string text;
    unsigned mode = 0600;
    /// Of its folders. The kernel sets it for one that is there too (init/initramfs.c, do_name).
    unsigned folder_mode = 0700;
};

/// The files as one more initrd segment: newc cpio, gzip. The kernel unpacks segments one after another, later files
/// win. Same files, same bytes. Compressed because the EFI stub glues initrds together without padding: a plain cpio
/// behind a segment whose size is no multiple of four is not found there (seen with Linux 6.1 and iPXE under OVMF),
/// while a compressed one may start anywhere (Documentation/driver-api/early-userspace/buffer-format.rst).
/// An error names a path that is not valid or comes twice.
base::Result<base::Bytes> make_overlay(const std::vector<OverlayFile>& files);

}  // namespace musterd::images
