#include "images/import_single.hpp"

#include "images/import_folder.hpp"
#include "images/publish.hpp"

#include <fmt/format.h>

namespace musterd::images {

namespace {

/// EDK2 compares extensions without regard to case since 2021, and with it before.
std::string with_extension(const std::string& name, std::string_view extension) {
    if (!is_path(name)) return fmt::format("image{}", extension);
    return name.ends_with(extension) ? name : name.substr(0, name.rfind('.')) + std::string(extension);
}

std::string what_can_be_imported() {
    return "what can be imported is a folder or a tar archive (plain or in gzip, xz, zstd, bzip2 or lzma) with a "
           "kernel "
           "and initrds, an ISO 9660 image, a disk image with a partition table, a kernel, an EFI program, or a "
           "BlueField boot stream (BFB, which starts with the bytes 42 66 02 13)";
}

}  // namespace

base::Result<Imported> import_single(const Store& store, const ImportRequest& request, const SourceFile& file,
                                     const Recognized& recognized) {
    SourceFolder source{{file}, {}, {}};
    auto& path = source.files.front().path;
    RecognizedTree tree{image_for(request), recognized.packed, {}};
    tree.image.arch = recognized.arch;
    switch (recognized.role) {
        case Role::kernel:
            if (!is_path(path)) path = "kernel";
            tree.image.kernel = path;
            tree.notes.emplace_back("a kernel alone: it must bring its own root");
            break;
        case Role::loader:
            path = with_extension(path, ".efi");
            tree.image.kind = "efi";
            tree.image.loader = path;
            break;
        case Role::disk:
            path = with_extension(path, recognized.format.starts_with("ISO") ? ".iso" : ".img");
            tree.image.kind = "disk";
            tree.image.disk = path;
            break;
        default:
            return base::Error(
                fmt::format("{}: {}; {}", request.source.string(), recognized.format, what_can_be_imported()));
    }
    return copy_and_publish(store, request, source, std::move(tree));
}

}  // namespace musterd::images
