#include "dhcp/architecture.hpp"

#include <algorithm>
#include <array>

namespace musterd::dhcp {

namespace {

using base::Firmware;

constexpr std::string_view none;
constexpr std::string_view bios_loader = "undionly.kpxe";
// snponly drives the card through the firmware that just booted from it, so it works wherever PXE did; ipxe.efi brings
// drivers of its own and lacks some.
constexpr std::string_view x64_loader = "snponly.efi";
// Debian's iPXE has no arm64, so a GRUB of our own making (deploy/loaders), which asks /boot/grub for what to do.
constexpr std::string_view arm64_loader = "grubaa64-musterd.efi";

// BIOS does not tell 32 from 64 bits; the machines that are booted in this decade have 64.
// EBC (9, 17) is what some x64 firmware says of itself: RFC 4578's first printing had 7 and 9 exchanged (its erratum).
constexpr std::array table = std::to_array<ArchitectureRow>({
    {Architecture::x86_bios, "x86 BIOS", Firmware::bios, Transport::pxe, "amd64", bios_loader},
    {Architecture::nec_pc98, "NEC PC98", Firmware::unknown, Transport::pxe, none, none},
    {Architecture::itanium, "Itanium", Firmware::uefi, Transport::pxe, "ia64", none},
    {Architecture::dec_alpha, "DEC Alpha", Firmware::unknown, Transport::pxe, "alpha", none},
    {Architecture::arc_x86, "Arc x86", Firmware::unknown, Transport::pxe, "i386", none},
    {Architecture::intel_lean_client, "Intel Lean Client", Firmware::unknown, Transport::pxe, "i386", none},
    {Architecture::x86_uefi, "x86 UEFI", Firmware::uefi, Transport::pxe, "i386", none},
    {Architecture::x64_uefi, "x64 UEFI", Firmware::uefi, Transport::pxe, "amd64", x64_loader},
    {Architecture::efi_xscale, "EFI Xscale", Firmware::uefi, Transport::pxe, "armel", none},
    {Architecture::ebc, "EBC", Firmware::uefi, Transport::pxe, "amd64", x64_loader},
    {Architecture::arm_32_uefi, "ARM 32-bit UEFI", Firmware::uefi, Transport::pxe, "armhf", none},
    {Architecture::arm_64_uefi, "ARM 64-bit UEFI", Firmware::uefi, Transport::pxe, "arm64", arm64_loader},
    {Architecture::powerpc_open_firmware, "PowerPC Open Firmware", Firmware::unknown, Transport::pxe, "ppc64el", none},
    {Architecture::powerpc_epapr, "PowerPC ePAPR", Firmware::unknown, Transport::pxe, "powerpc", none},
    {Architecture::power_opal_v3, "POWER OPAL v3", Firmware::unknown, Transport::pxe, "ppc64el", none},
    {Architecture::x86_uefi_http, "x86 UEFI HTTP", Firmware::uefi, Transport::http, "i386", none},
    {Architecture::x64_uefi_http, "x64 UEFI HTTP", Firmware::uefi, Transport::http, "amd64", x64_loader},
    {Architecture::ebc_http, "EBC HTTP", Firmware::uefi, Transport::http, "amd64", x64_loader},
    {Architecture::arm_32_uefi_http, "ARM 32-bit UEFI HTTP", Firmware::uefi, Transport::http, "armhf", none},
    {Architecture::arm_64_uefi_http, "ARM 64-bit UEFI HTTP", Firmware::uefi, Transport::http, "arm64", arm64_loader},
    {Architecture::pc_at_bios_http, "PC/AT BIOS HTTP", Firmware::bios, Transport::http, "amd64", none},
    {Architecture::arm_32_uboot, "ARM 32-bit U-Boot", Firmware::uboot, Transport::pxe, "armhf", none},
    {Architecture::arm_64_uboot, "ARM 64-bit U-Boot", Firmware::uboot, Transport::pxe, "arm64", none},
    {Architecture::arm_32_uboot_http, "ARM 32-bit U-Boot HTTP", Firmware::uboot, Transport::http, "armhf", none},
    {Architecture::arm_64_uboot_http, "ARM 64-bit U-Boot HTTP", Firmware::uboot, Transport::http, "arm64", none},
    {Architecture::riscv_32_uefi, "RISC-V 32-bit UEFI", Firmware::uefi, Transport::pxe, none, none},
    {Architecture::riscv_32_uefi_http, "RISC-V 32-bit UEFI HTTP", Firmware::uefi, Transport::http, none, none},
    {Architecture::riscv_64_uefi, "RISC-V 64-bit UEFI", Firmware::uefi, Transport::pxe, "riscv64", none},
    {Architecture::riscv_64_uefi_http, "RISC-V 64-bit UEFI HTTP", Firmware::uefi, Transport::http, "riscv64", none},
    {Architecture::riscv_128_uefi, "RISC-V 128-bit UEFI", Firmware::uefi, Transport::pxe, none, none},
    {Architecture::riscv_128_uefi_http, "RISC-V 128-bit UEFI HTTP", Firmware::uefi, Transport::http, none, none},
    {Architecture::s390_basic, "s390 Basic", Firmware::unknown, Transport::pxe, "s390x", none},
    {Architecture::s390_extended, "s390 Extended", Firmware::unknown, Transport::pxe, "s390x", none},
    {Architecture::mips_32_uefi, "MIPS 32-bit UEFI", Firmware::uefi, Transport::pxe, "mipsel", none},
    {Architecture::mips_64_uefi, "MIPS 64-bit UEFI", Firmware::uefi, Transport::pxe, "mips64el", none},
    {Architecture::sunway_32_uefi, "Sunway 32-bit UEFI", Firmware::uefi, Transport::pxe, none, none},
    {Architecture::sunway_64_uefi, "Sunway 64-bit UEFI", Firmware::uefi, Transport::pxe, none, none},
    {Architecture::loongarch_32_uefi, "LoongArch 32-bit UEFI", Firmware::uefi, Transport::pxe, none, none},
    {Architecture::loongarch_32_uefi_http, "LoongArch 32-bit UEFI HTTP", Firmware::uefi, Transport::http, none, none},
    {Architecture::loongarch_64_uefi, "LoongArch 64-bit UEFI", Firmware::uefi, Transport::pxe, "loong64", none},
    {Architecture::loongarch_64_uefi_http, "LoongArch 64-bit UEFI HTTP", Firmware::uefi, Transport::http, "loong64",
     none},
    {Architecture::arm_rpiboot, "ARM Raspberry Pi boot", Firmware::unknown, Transport::pxe, "arm64", none},
});

}  // namespace

std::span<const ArchitectureRow> architecture_table() {
    return table;
}

const ArchitectureRow* find_architecture(Architecture architecture) {
    const auto found = std::ranges::find(table, architecture, &ArchitectureRow::architecture);
    return found == table.end() ? nullptr : &*found;
}

}  // namespace musterd::dhcp
