#include "images/recognize.hpp"

#include "images/unpacked_head.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string_view>

namespace musterd::images {

namespace {

using namespace std::string_view_literals;

/// Enough of what is packed to know a kernel by booting.rst's, boot.rst's and PE's headers.
constexpr std::size_t unpacked_wanted = 4096;

bool has(base::ByteView bytes, std::size_t offset, std::string_view magic) {
    return base::as_text(bytes).substr(std::min(offset, bytes.size())).starts_with(magic);
}

/// Little-endian field; 0 past the end.
std::uint32_t little(base::ByteView bytes, std::size_t offset, std::size_t width) {
    std::uint32_t value = 0;
    for (std::size_t i = width; i-- > 0 && offset < bytes.size() && width <= bytes.size() - offset;) {
        value = value << 8U | bytes[offset + i];
    }
    return value;
}

/// A PE header behind an MZ stub: UEFI specification 2.1.1, PE/COFF "Machine Types".
struct Pe {
    std::string_view arch;
};

std::optional<Pe> pe_header(base::ByteView head) {
    struct Machine {
        std::uint32_t code;
        std::string_view arch;
    };
    static constexpr std::array machines = {Machine{0x8664, "amd64"}, Machine{0x014c, "i386"}, Machine{0xaa64, "arm64"},
                                            Machine{0x01c2, "armhf"}, Machine{0x5064, "riscv64"}};
    const auto offset = little(head, 0x3c, 4);
    if (!has(head, 0, "MZ"sv) || !has(head, offset, "PE\0\0"sv)) return std::nullopt;
    const auto code = little(head, offset + 4, 2);
    for (const auto& machine : machines) {
        if (machine.code == code) return Pe{machine.arch};
    }
    return Pe{};
}

/// boot.rst: boot_flag 0xAA55 at 0x1fe, "HdrS" at 0x202, version at 0x206, xloadflags at 0x236 from version 2.12 on,
/// whose bit 0 (XLF_KERNEL_64) says that the kernel has a 64-bit entry point.
std::optional<Recognized> x86_kernel(base::ByteView head) {
    if (!has(head, 0x1fe, "\x55\xaa"sv) || !has(head, 0x202, "HdrS"sv)) return std::nullopt;
    const auto version = little(head, 0x206, 2);
    const bool wide = version >= 0x020c && (little(head, 0x236, 2) & 1U) != 0;
    return Recognized{Role::kernel, "x86 bzImage", wide ? "amd64" : "i386", pe_header(head).has_value()};
}

/// booting.rst (arm64) 4: magic at 0x38. With an EFI stub the first two bytes are "MZ".
std::optional<Recognized> arm64_kernel(base::ByteView head) {
    if (!has(head, 0x38, "ARM\x64"sv)) return std::nullopt;
    return Recognized{Role::kernel, "arm64 Image", "arm64", pe_header(head).has_value()};
}

/// arch/arm/boot/compressed/head.S: magic 0x016f2818 at 0x24; with an EFI stub (efi-header.S) it is a PE file too.
std::optional<Recognized> arm_kernel(base::ByteView head) {
    if (!has(head, 0x24, "\x18\x28\x6f\x01"sv)) return std::nullopt;
    return Recognized{Role::kernel, "ARM zImage", "armhf", pe_header(head).has_value()};
}

/// drivers/firmware/efi/libstub/zboot-header.S: "zimg" at 4 in a PE file that unpacks the kernel it carries.
std::optional<Recognized> efi_program(base::ByteView head) {
    const auto pe = pe_header(head);
    if (!pe) return std::nullopt;
    if (has(head, 4, "zimg"sv)) return Recognized{Role::kernel, "EFI zboot kernel", std::string(pe->arch), true};
    return Recognized{Role::loader, "EFI program", std::string(pe->arch), false};
}

/// Files that are known by a magic number. First match wins.
struct Known {
    std::size_t offset;
    std::string_view magic;
    Role role;
    std::string_view format;
};
constexpr std::array known_files = {
    Known{0, "070701"sv, Role::initrd, "cpio archive"},
    Known{0, "070702"sv, Role::initrd, "cpio archive"},
    Known{0, "070707"sv, Role::other, "cpio archive in the old odc format, which Linux cannot unpack"},
    Known{257, "ustar"sv, Role::other, "tar archive"},
    Known{0, "hsqs"sv, Role::root, "squashfs"},
    Known{0x8001, "CD001"sv, Role::disk, "ISO 9660 image"},
    Known{0,
          "\x7f"
          "ELF"sv,
          Role::other, "ELF program"},
    // UEFI specification 5.2.3 and 5.3.2: a GPT's header is in the second block, of 512 or 4096 bytes.
    Known{512, "EFI PART"sv, Role::disk, "disk image with a GPT"},
    Known{4096, "EFI PART"sv, Role::disk, "disk image with a GPT"},
};

/// UEFI specification 5.2.1: signature 0x55AA at 510, four partition records of 16 bytes from 446 on, the first byte of
/// each 0x80 or 0, and a type in the fifth of at least one.
bool has_partitions(base::ByteView head) {
    if (!has(head, 510, "\x55\xaa"sv)) return false;
    bool any = false;
    for (std::size_t at = 446; at < 510; at += 16) {
        if (head[at] != 0 && head[at] != 0x80) return false;
        const bool used = head[at + 4] != 0 && little(head, at + 12, 4) != 0;
        any = any || used;
    }
    return any;
}

Recognized recognize_unpacked(base::ByteView head) {
    for (const auto& kernel_or_program : {x86_kernel(head), arm64_kernel(head), arm_kernel(head), efi_program(head)}) {
        if (kernel_or_program) return *kernel_or_program;
    }
    for (const auto& known : known_files) {
        if (has(head, known.offset, known.magic)) return {known.role, std::string(known.format), {}, false};
    }
    if (has_partitions(head)) return {Role::disk, "disk image with an MBR", {}, false};
    return {Role::other, head.empty() ? "empty" : "unknown", {}, false};
}

Recognized recognize_packed(base::ByteView head, Compression compression) {
    const auto inside = unpacked_head(head, compression, unpacked_wanted);
    const auto packer = to_string(compression);
    if (inside.empty()) return {Role::other, fmt::format("{}, damaged or cut short", packer), {}, false};
    const auto content = recognize_unpacked(inside);
    Recognized found{Role::other, fmt::format("{}, {} inside", packer, content.format), {}, false};
    if (content.role == Role::initrd) found.role = Role::initrd;
    if (content.role != Role::kernel || libarchive_filter(compression) == 0) return found;
    found.role = Role::kernel;
    found.arch = content.arch;
    found.packed = compression;
    return found;
}

}  // namespace

Recognized recognize(base::ByteView head) {
    const auto compression = compression_of(head);
    return compression == Compression::none ? recognize_unpacked(head) : recognize_packed(head, compression);
}

std::string what_is_recognized() {
    return "a kernel is an x86 bzImage, an arm64 Image, an ARM zImage or an EFI zboot kernel; an initrd is a cpio "
           "archive (newc), plain or in gzip, xz, zstd, lz4, lzma or bzip2";
}

}  // namespace musterd::images
