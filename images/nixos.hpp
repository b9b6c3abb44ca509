#pragma once

#include "server/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::images {

/// The files of a NixOS build result that say how its kernel is started (nixpkgs nixos/modules/installer/netboot).
/// Those that are not there are empty.
struct NixosFiles {
    std::string netboot_ipxe;   ///< text of netboot.ipxe
    std::string init_target;    ///< what the link `init` points to, /nix/store/…/init
    std::string kernel_params;  ///< text of kernel-params, one line
    std::string kexec_boot;     ///< text of kexec-boot

    [[nodiscard]] bool none() const {
        return netboot_ipxe.empty() && init_target.empty() && kernel_params.empty() && kexec_boot.empty();
    }
};

/// The kernel line that the result wants, init=… first, from the first of: netboot.ipxe; `init` and kernel-params;
/// kexec-boot. `initrd=…` and iPXE's ${…} are dropped, for the server says these. Nothing when the files are not
/// NixOS's (a netboot.ipxe that boots something else). Errors: NixOS, but without exactly one init= that is a store
/// path: stage 1 stops without it.
base::Result<std::optional<std::vector<std::string>>> nixos_arguments(const NixosFiles& files);

/// What is wrong with the size of a NixOS initrd that is to hold the whole store, in bytes: empty, or a sentence.
/// nixpkgs leaves out a squashfs over 4 GiB without a word (nixpkgs#399607): what remains boots to nothing.
std::string problem_of_nixos_initrd(std::uint64_t size, bool store_beside);
/// What a person should know of a size that may work.
std::string note_on_nixos_initrd(std::uint64_t size);

}  // namespace musterd::images
