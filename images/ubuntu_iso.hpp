#pragma once

#include "images/iso9660.hpp"
#include "server/base/bytes.hpp"
#include "server/base/result.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace musterd::images {

/// What boots from an installer's or live system's ISO.
struct BootableIso {
    std::string kind;  ///< "ubuntu", "debian" or "linux"
    std::string arch;  ///< by the kernel's content
    std::string kernel;
    std::vector<std::string> initrds;
    bool kernel_packed = false;       ///< gzip or the like (Ubuntu's arm64 vmlinuz): to be unpacked before it is served
    std::vector<std::string> layers;  ///< squashfs files in /casper, sorted
    std::string volume_id;

    bool operator==(const BootableIso&) const = default;
};

/// The first bytes of a file of the image, at most `count`.
using ReadIsoHead = std::function<base::Result<base::Bytes>(const IsoFile& file, std::size_t count)>;
/// `source` must outlive the result.
ReadIsoHead head_reader(const ByteSource& source);

/// Ubuntu by casper/vmlinuz and casper/initrd; else Debian's installer by install.amd, install.a64, install.386 with
/// vmlinuz and initrd.gz; else the only kernel and the only initrd among at most 10,000 files. What is found by name
/// must be one by content. A refusal says what was looked for. Paths are those of files, with links followed.
base::Result<BootableIso> bootable_iso(const IsoIndex& index, const ReadIsoHead& read);

}  // namespace musterd::images
