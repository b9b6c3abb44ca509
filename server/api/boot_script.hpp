#pragma once

#include "images/image.hpp"
#include "profiles/firmware_choices.hpp"
#include "server/base/address.hpp"
#include "server/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace musterd::api {

/// What scripts in iPXE's and in GRUB's language have in common.
inline constexpr std::size_t longest_kernel_line = 2047;  ///< bytes: x86's and arm64's limit is 2048 with its NUL
inline constexpr int boot_tries = 40;
inline constexpr int boot_pause = 5;   ///< seconds: 40 tries outlast three minutes of a server that is away
inline constexpr int wait_pause = 15;  ///< seconds before a machine that is not booted asks again
/// What a boot calls its initrds: initrd, initrd1, initrd2, …
std::string initrd_name(std::size_t number);

/// What an iPXE script of one boot says.
struct ScriptFacts {
    std::string host;
    std::string boot;
    std::string url;    ///< of the boot: http://S:PORT/boot/BOOTID
    std::string files;  ///< tftp://S/boot/BOOTID where the loader knows no HTTP; empty: the files are at `url`
    base::Mac mac;      ///< of the interface that boots
    std::size_t initrds = 1;
    std::vector<std::string> args;  ///< the image's and the profile's
    images::Payload payload = images::Payload::kernel;
    std::string syslog = {};        ///< address that hears syslog, on port 514; empty: none
};

/// Where the loader fetches the boot's files.
const std::string& files_url(const ScriptFacts& facts);

/// What stands behind this word of a kernel line, installers write into the boot loader of what they install (Debian's
/// user-params, Ubuntu's subiquity): nothing of ours may.
inline constexpr std::string_view for_installed_system = "---";
/// The given arguments up to that, then musterd's own: which boot it is, where to call, and which interface booted.
std::vector<std::string> boot_arguments(const ScriptFacts& facts);

/// The kernel line: the given arguments, then musterd's own, then the initrds by name for EFI stub kernels.
/// An error when it is longer than a BIOS kernel takes (2047 bytes, Documentation/arch/x86/boot.rst, cmdline_size).
base::Result<std::string> kernel_line(const ScriptFacts& facts);

/// Loads kernel, initrds and overlay and starts them; or starts the EFI program, with the given arguments alone; or
/// boots the disk, whose blocks iPXE reads by HTTP ranges for as long as firmware reads it (`sanboot`): an operating
/// system does not see that disk. Under BIOS the script of a program says that it cannot be, and waits. A program or
/// disk that ends well is left to firmware's next boot device. Every failure goes back to the beginning, a bounded
/// number of times with a pause, so that a server that restarts is waited for; then the machine reboots and asks anew.
/// There is no way to a prompt or shell. Written for iPXE of 2019 and later (commands tried with 1.0.0+git-20190125).
/// Errors: those of kernel_line(); a disk for an iPXE without HTTP.
base::Result<std::string> boot_script(const ScriptFacts& facts);

/// The disk's turn: by the given way, and where that is not to be had, by leaving iPXE. `chain_url` is our GRUB for x64
/// UEFI, which starts the disk's boot program.
std::string local_script(std::string_view host, profiles::LocalBoot way, std::string_view chain_url);
/// Says why the machine is not booted, waits and asks again; reboots after a bounded number of times.
std::string wait_script(std::string_view why, std::string_view script_url);

}  // namespace musterd::api
