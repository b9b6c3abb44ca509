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
constexpr std::string_view ia32_loader = "grubia32-musterd.efi";
constexpr std::string_view arm32_loader = "grubarm-musterd.efi";
// Debian 12 has neither iPXE nor GRUB for these: served when a person puts them there.
constexpr std::string_view riscv64_loader = "grubriscv64-musterd.efi";
constexpr std::string_view loong64_loader = "grubloong64-musterd.efi";
// A Raspberry Pi asks TFTP for the files that it knows by name, whatever an offer says; this is the one that a model 4
// cannot do without.
constexpr std::string_view rpi_loader = "start4.elf";

// BIOS does not tell 32 from 64 bits; the machines that are booted in this decade have 64.
// EBC (9, 17) is what some x64 firmware says of itself: RFC 4578's first printing had 7 and 9 exchanged (its erratum).
constexpr std::array table = std::to_array<ArchitectureRow>({
    {Architecture::x86_bios, "x86 BIOS", Firmware::bios, Transport::pxe, "amd64", "bios", bios_loader},
    {Architecture::nec_pc98, "NEC PC98", Firmware::unknown, Transport::pxe, none, none, none},
    {Architecture::itanium, "Itanium", Firmware::uefi, Transport::pxe, "ia64", none, none},
    {Architecture::dec_alpha, "DEC Alpha", Firmware::unknown, Transport::pxe, "alpha", none, none},
    {Architecture::arc_x86, "Arc x86", Firmware::unknown, Transport::pxe, "i386", none, none},
    {Architecture::intel_lean_client, "Intel Lean Client", Firmware::unknown, Transport::pxe, "i386", none, none},
    {Architecture::x86_uefi, "x86 UEFI", Firmware::uefi, Transport::pxe, "i386", "ia32", ia32_loader},
    {Architecture::x64_uefi, "x64 UEFI", Firmware::uefi, Transport::pxe, "amd64", "x64", x64_loader},
    {Architecture::efi_xscale, "EFI Xscale", Firmware::uefi, Transport::pxe, "armel", none, none},
    {Architecture::ebc, "EBC", Firmware::uefi, Transport::pxe, "amd64", "x64", x64_loader},
    {Architecture::arm_32_uefi, "ARM 32-bit UEFI", Firmware::uefi, Transport::pxe, "armhf", "arm32", arm32_loader},
    {Architecture::arm_64_uefi, "ARM 64-bit UEFI", Firmware::uefi, Transport::pxe, "arm64", "arm64", arm64_loader},
    {Architecture::powerpc_open_firmware, "PowerPC Open Firmware", Firmware::unknown, Transport::pxe, "ppc64el", none,
     none},
    {Architecture::powerpc_epapr, "PowerPC ePAPR", Firmware::unknown, Transport::pxe, "powerpc", none, none},
    {Architecture::power_opal_v3, "POWER OPAL v3", Firmware::unknown, Transport::pxe, "ppc64el", none, none},
    {Architecture::x86_uefi_http, "x86 UEFI HTTP", Firmware::uefi, Transport::http, "i386", "ia32", ia32_loader},
    {Architecture::x64_uefi_http, "x64 UEFI HTTP", Firmware::uefi, Transport::http, "amd64", "x64", x64_loader},
    {Architecture::ebc_http, "EBC HTTP", Firmware::uefi, Transport::http, "amd64", "x64", x64_loader},
    {Architecture::arm_32_uefi_http, "ARM 32-bit UEFI HTTP", Firmware::uefi, Transport::http, "armhf", "arm32",
     arm32_loader},
    {Architecture::arm_64_uefi_http, "ARM 64-bit UEFI HTTP", Firmware::uefi, Transport::http, "arm64", "arm64",
     arm64_loader},
    {Architecture::pc_at_bios_http, "PC/AT BIOS HTTP", Firmware::bios, Transport::http, "amd64", "bios", bios_loader},
    {Architecture::arm_32_uboot, "ARM 32-bit U-Boot", Firmware::uboot, Transport::pxe, "armhf", "arm32", arm32_loader},
    {Architecture::arm_64_uboot, "ARM 64-bit U-Boot", Firmware::uboot, Transport::pxe, "arm64", "arm64", arm64_loader},
    {Architecture::arm_32_uboot_http, "ARM 32-bit U-Boot HTTP", Firmware::uboot, Transport::http, "armhf", "arm32",
     arm32_loader},
    {Architecture::arm_64_uboot_http, "ARM 64-bit U-Boot HTTP", Firmware::uboot, Transport::http, "arm64", "arm64",
     arm64_loader},
    {Architecture::riscv_32_uefi, "RISC-V 32-bit UEFI", Firmware::uefi, Transport::pxe, none, none, none},
    {Architecture::riscv_32_uefi_http, "RISC-V 32-bit UEFI HTTP", Firmware::uefi, Transport::http, none, none, none},
    {Architecture::riscv_64_uefi, "RISC-V 64-bit UEFI", Firmware::uefi, Transport::pxe, "riscv64", "riscv64",
     riscv64_loader},
    {Architecture::riscv_64_uefi_http, "RISC-V 64-bit UEFI HTTP", Firmware::uefi, Transport::http, "riscv64", "riscv64",
     riscv64_loader},
    {Architecture::riscv_128_uefi, "RISC-V 128-bit UEFI", Firmware::uefi, Transport::pxe, none, none, none},
    {Architecture::riscv_128_uefi_http, "RISC-V 128-bit UEFI HTTP", Firmware::uefi, Transport::http, none, none, none},
    {Architecture::s390_basic, "s390 Basic", Firmware::unknown, Transport::pxe, "s390x", none, none},
    {Architecture::s390_extended, "s390 Extended", Firmware::unknown, Transport::pxe, "s390x", none, none},
    {Architecture::mips_32_uefi, "MIPS 32-bit UEFI", Firmware::uefi, Transport::pxe, "mipsel", none, none},
    {Architecture::mips_64_uefi, "MIPS 64-bit UEFI", Firmware::uefi, Transport::pxe, "mips64el", none, none},
    {Architecture::sunway_32_uefi, "Sunway 32-bit UEFI", Firmware::uefi, Transport::pxe, none, none, none},
    {Architecture::sunway_64_uefi, "Sunway 64-bit UEFI", Firmware::uefi, Transport::pxe, none, none, none},
    {Architecture::loongarch_32_uefi, "LoongArch 32-bit UEFI", Firmware::uefi, Transport::pxe, none, none, none},
    {Architecture::loongarch_32_uefi_http, "LoongArch 32-bit UEFI HTTP", Firmware::uefi, Transport::http, none, none,
     none},
    {Architecture::loongarch_64_uefi, "LoongArch 64-bit UEFI", Firmware::uefi, Transport::pxe, "loong64", "loong64",
     loong64_loader},
    {Architecture::loongarch_64_uefi_http, "LoongArch 64-bit UEFI HTTP", Firmware::uefi, Transport::http, "loong64",
     "loong64", loong64_loader},
    {Architecture::arm_rpiboot, "ARM Raspberry Pi boot", Firmware::unknown, Transport::pxe, "arm64", "rpi", rpi_loader},
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
