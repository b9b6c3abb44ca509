#pragma once

#include "images/bfb.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::images {

/// One piece of firmware or software that a BFB brings, as its `info` image tells.
struct Firmware {
    std::string name;  ///< BF2_BSP, BF2_UEFI, BF2_NIC_FW, DOCA, …
    std::string version;
    std::string software_id;  ///< may be empty

    bool operator==(const Firmware&) const = default;
};

/// Reads an `info` image: JSON in the manner of Redfish, {"Members": [{"Name", "Version", "SoftwareId"}, …]}. Members
/// without a name are passed over; control characters become '?', for it is shown on terminals.
base::Result<std::vector<Firmware>> parse_bfb_info(std::string_view json);

/// parse_bfb_info() of the file's `info`, that for BlueField-2 if there are several. Empty when it has none.
base::Result<std::vector<Firmware>> read_bfb_info(const ByteSource& source, const Bfb& bfb);

/// The images that a BlueField-2 needs to boot over the network.
struct BfbBootParts {
    BfbRecord kernel;
    BfbRecord initramfs;
    std::optional<BfbRecord> boot_args;

    bool operator==(const BfbBootParts&) const = default;
};

/// Of each id the highest version that BlueField-2 takes. Errors, each in words that say why: a BFB for BlueField-3
/// only (by versions, or by `firmware`, which may be empty), a "flat" one that brings firmware but no initramfs that
/// would install it, a kernel that is missing.
base::Result<BfbBootParts> choose_boot_parts(const Bfb& bfb, const std::vector<Firmware>& firmware);

/// The words of a boot-args image, without `initrd=…`: the loader hands the initrd over itself. A part in double
/// quotes is not split. Errors: not text.
base::Result<std::vector<std::string>> bfb_arguments(std::string_view boot_args);

}  // namespace musterd::images
