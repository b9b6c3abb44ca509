#pragma once

#include "server/base/machine.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace musterd::dhcp {

/// IANA's registry "Processor Architecture Types" (RFC 5970 and later), the values of option 93.
enum class Architecture : std::uint16_t {
    x86_bios = 0,
    nec_pc98 = 1,
    itanium = 2,
    dec_alpha = 3,
    arc_x86 = 4,
    intel_lean_client = 5,
    x86_uefi = 6,
    x64_uefi = 7,
    efi_xscale = 8,
    ebc = 9,
    arm_32_uefi = 10,
    arm_64_uefi = 11,
    powerpc_open_firmware = 12,
    powerpc_epapr = 13,
    power_opal_v3 = 14,
    x86_uefi_http = 15,
    x64_uefi_http = 16,
    ebc_http = 17,
    arm_32_uefi_http = 18,
    arm_64_uefi_http = 19,
    pc_at_bios_http = 20,
    arm_32_uboot = 21,
    arm_64_uboot = 22,
    arm_32_uboot_http = 23,
    arm_64_uboot_http = 24,
    riscv_32_uefi = 25,
    riscv_32_uefi_http = 26,
    riscv_64_uefi = 27,
    riscv_64_uefi_http = 28,
    riscv_128_uefi = 29,
    riscv_128_uefi_http = 30,
    s390_basic = 31,
    s390_extended = 32,
    mips_32_uefi = 33,
    mips_64_uefi = 34,
    sunway_32_uefi = 35,
    sunway_64_uefi = 36,
    loongarch_32_uefi = 37,
    loongarch_32_uefi_http = 38,
    loongarch_64_uefi = 39,
    loongarch_64_uefi_http = 40,
    arm_rpiboot = 41,
};

/// How the firmware fetches its boot file.
enum class Transport { pxe, http };

/// What follows from an architecture. One row of the table each; serving a further one means filling its loader.
struct ArchitectureRow {
    Architecture architecture = Architecture::x86_bios;
    std::string_view name;  ///< the registry's words, shortened
    base::Firmware firmware = base::Firmware::unknown;
    Transport transport = Transport::pxe;
    std::string_view debian;  ///< Debian's name of the processor; empty where Debian has none
    std::string_view family;  ///< of base::loader_families; empty where no loader is known
    std::string_view loader;  ///< the file given by default; empty = not served
};

std::span<const ArchitectureRow> architecture_table();
/// The row of `architecture`, nullptr for a number that the registry does not know.
const ArchitectureRow* find_architecture(Architecture architecture);

}  // namespace musterd::dhcp
