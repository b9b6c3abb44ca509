#pragma once

#include "server/api/boot_script.hpp"

#include <string>
#include <string_view>

namespace musterd::api {

/// The same three answers as boot_script.hpp gives to iPXE, for a GRUB of deploy/loaders' making: it reads them with
/// `source` in a loop that asks again when they end, and reboots after a bounded number of times. No menu, no prompt.
/// Written for GRUB 2.06 (commands tried with Debian's 2.06-13 under AAVMF).

/// Loads kernel, initrds and overlay over HTTP and starts them; tries again a bounded number of times, then reboots.
/// Errors: a kernel argument with a quote, backslash or line break in it that GRUB cannot hand on unchanged; a kernel
/// line too long.
base::Result<std::string> grub_boot_script(const ScriptFacts& facts);
/// Leaves GRUB, so that firmware goes on to its next boot device.
std::string grub_local_script(std::string_view host);
/// Says why the machine is not booted, and waits; then the loader asks again.
std::string grub_wait_script(std::string_view why);

}  // namespace musterd::api
