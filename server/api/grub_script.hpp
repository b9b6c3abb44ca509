#pragma once

#include "server/api/boot_script.hpp"

#include <string>
#include <string_view>

namespace musterd::api {

/// The same three answers as boot_script.hpp gives to iPXE, for a GRUB of deploy/loaders' making: it reads them with
/// `source` in a loop that asks again when they end, and reboots after a bounded number of times. No menu, no prompt.
/// Written for GRUB 2.06 (commands tried with Debian's 2.06-13 under AAVMF).

/// Loads kernel, initrds and overlay and starts them, or the EFI program; tries again a bounded number of times, then
/// reboots.
/// Errors: a kernel argument with a quote, backslash or line break in it that GRUB cannot hand on unchanged; a kernel
/// line too long; a disk, which GRUB cannot boot over the network.
base::Result<std::string> grub_boot_script(const ScriptFacts& facts);
/// Starts the disk's own boot program; leaves GRUB when there is none. There is no other way from GRUB 2.06 to a disk:
/// its `exit` cannot end as a failure, which firmware takes for work done (OVMF stays in its menu, tried).
std::string grub_local_script(std::string_view host);
/// What a distribution's signed GRUB finds as /grub/grub.cfg on the server that its lease names: the same for every
/// machine, for GRUB knows its own address. Signed GRUB of Debian 12 knows TFTP only (it has no http module, and takes
/// no more modules under lockdown).
std::string grub_start_script();
/// Says why the machine is not booted, and waits; then the loader asks again.
std::string grub_wait_script(std::string_view why);

}  // namespace musterd::api
