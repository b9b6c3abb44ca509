#include "images/ram_need.hpp"

namespace musterd::images {

namespace {

std::uint64_t size_of(const Image& image, const std::string& path) {
    const auto* file = image.file(path);
    return file == nullptr ? 0 : file->size;
}

std::uint64_t initrd_bytes(const Image& image) {
    std::uint64_t bytes = 0;
    for (const auto& path : image.initrds)
        bytes += size_of(image, path);
    return bytes;
}

/// What the system itself takes once it runs. NixOS: calibrated on netboot images (1536); casper: a server ISO of 3 GB
/// is said to need 8 GB.
std::uint64_t system_mib(const Image& image) {
    if (image.kind == "nixos") return 1536;
    return image.kind == "ubuntu" ? 2048 : 512;
}

}  // namespace

std::uint64_t ram_need_mib(const Image& image) {
    // Firmware's copy, the EFI stub's copy, and what the kernel unpacks (Linux drivers/firmware/efi/libstub).
    constexpr std::uint64_t copies_of_initrd = 3;
    // casper fetches the ISO into a tmpfs, which may fill half of the memory.
    const std::uint64_t copies_of_root = image.root.ends_with(".iso") ? 2 : 1;
    const auto bytes = size_of(image, image.kernel) + copies_of_initrd * initrd_bytes(image) +
                       copies_of_root * size_of(image, image.root) + size_of(image, image.disk) +
                       size_of(image, image.loader);
    constexpr std::uint64_t mebibyte = 1U << 20U;
    return (bytes + mebibyte - 1) / mebibyte + system_mib(image);
}

}  // namespace musterd::images
