#pragma once

#include "server/base/toml_reader.hpp"

#include <map>
#include <optional>
#include <string>

namespace musterd::profiles {

/// Whether UEFI machines start through the signed shim and GRUB. DHCP does not tell if a machine insists on it.
enum class SecureBoot {
    automatic,  ///< on, where the kernel is signed and GRUB is sure to find us: the host's `address` is ours to give
    on,
    off,
};

/// What an iPXE that comes with the machine (a ROM, a flashed card) gets.
enum class IpxeStart {
    script,  ///< its boot script at once; iPXE that lacks HTTP gets our own iPXE first
    chain,   ///< our own iPXE first
};

/// How a machine whose plan is `local` comes to its disk (field reports: firmware differs in what it survives).
enum class LocalBoot {
    automatic,  ///< BIOS: sanboot; UEFI: chain
    exit,       ///< iPXE ends, firmware goes on to its next boot device; GRUB, which cannot, does as chain
    sanboot,    ///< BIOS: iPXE boots the first disk; UEFI: as exit
    chain,      ///< UEFI: GRUB starts the disk's own boot program (\EFI\BOOT\BOOT*.EFI, or a system's); BIOS: as exit
    silence,    ///< no offer at all: firmware finds no network boot and goes on by itself, UEFI after a minute or more
};

/// Option 43 in offers to firmware (netboot facts: PXE 2.1 table 2-1).
enum class DiscoveryOption {
    automatic,  ///< BIOS: fetch the file at once; UEFI: none, so that it asks on port 4011
    direct,     ///< fetch the file at once, UEFI too: spares it port 4011; UEFI of before April 2017 drops the offer
    menu,       ///< a boot menu that chooses by itself, for firmware that takes nothing else
    none,
};

/// How firmware is brought to its boot script, as far as a person has set it: for all machines in [dhcp], for a vendor
/// class in [[dhcp.class]], for a profile, for a host. What the later of these sets goes before.
struct FirmwareChoices {
    std::map<std::string, std::string, std::less<>> loaders;  ///< by base::loader_families: a file of `loaders`
    std::optional<SecureBoot> secure_boot;
    std::optional<IpxeStart> ipxe;
    std::optional<LocalBoot> local_boot;
    std::optional<DiscoveryOption> option43;
    std::string reply_class;  ///< option 60 of our answers; empty: not set; "echo": what the client said

    void lay_over(const FirmwareChoices& more_specific);
    bool operator==(const FirmwareChoices&) const = default;
};

/// Keys loaders, secure_boot, ipxe, local_boot, option43 and reply_class of the table.
FirmwareChoices read_firmware_choices(base::TomlReader& reader);

}  // namespace musterd::profiles
