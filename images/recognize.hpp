#pragma once

#include "images/unpacked_head.hpp"
#include "server/base/bytes.hpp"

#include <cstddef>
#include <string>

namespace musterd::images {

/// What a file is for when a machine boots.
enum class Role {
    kernel,
    initrd,
    root,    ///< a file system that an initrd can mount: squashfs
    loader,  ///< an EFI program that is no kernel
    disk,    ///< a disk image or an ISO
    other,
};

/// What a file's first bytes say it is. The file's name plays no part.
struct Recognized {
    Role role = Role::other;
    std::string format;     ///< for people: "x86 bzImage", "gzip with a cpio archive in it", "EFI program", "unknown"
    std::string arch;       ///< of a kernel or EFI program: amd64, i386, arm64; else empty
    bool efi_stub = false;  ///< a kernel that UEFI can start by itself
    Compression packed = Compression::none;  ///< how a kernel is packed that must be unpacked before a loader has it

    bool operator==(const Recognized&) const = default;
};

/// How much of a file recognize() wants to see: a bzip2 block must be whole before its first byte comes out.
inline constexpr std::size_t recognize_bytes = 1U << 20U;

/// `head` is the start of the file, up to recognize_bytes of it. Kernels: x86 bzImage, arm64 Image, EFI zboot.
/// Initrds: cpio newc, plain or in gzip, xz, zstd, lz4 (frame or legacy), lzma or bzip2. A kernel that is compressed as
/// a whole (Ubuntu's and Debian's arm64 vmlinuz) is one too, if Unpacker can unpack it. Compressed files with anything
/// else in them are `other`.
Recognized recognize(base::ByteView head);

/// For refusals: what recognize() takes for a kernel and for an initrd, in one sentence.
std::string what_is_recognized();

}  // namespace musterd::images
