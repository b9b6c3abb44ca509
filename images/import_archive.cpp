#include "images/import_archive.hpp"

#include "images/byte_source.hpp"
#include "images/publish.hpp"
#include "images/tree.hpp"
#include "images/unpack_kernel.hpp"

#include <fmt/format.h>

namespace musterd::images {

namespace {

/// Puts the files of the archive into the image; the kernel unpacked, if it is packed.
base::Result<SpooledFiles> take_files(Spool& spool, UnpackedArchive archive, const RecognizedTree& tree, Image& image) {
    if (tree.kernel_packed != Compression::none) {
        auto& kernel = archive.files.at(image.kernel);
        const auto file = scan_file(kernel.location, image.kernel);
        if (!file) return file.error();
        const auto fd = open_source(*file);
        if (!fd) return fd.error();
        auto unpacked = unpack_kernel(spool, FileSource(*fd, kernel.size), 0, kernel.size, tree.kernel_packed);
        if (!unpacked) return unpacked.error();
        kernel = std::move(*unpacked);
    }
    SpooledFiles spooled;
    for (auto& [path, file] : archive.files) {
        image.files.push_back({path, file.size, file.sha256});
        spooled.emplace(file.sha256, std::move(file));
    }
    return spooled;
}

}  // namespace

std::optional<Compression> tar_compression(base::ByteView head) {
    constexpr std::size_t magic_at = 257;  // POSIX pax, ustar header block
    constexpr std::string_view magic = "ustar";
    const auto compression = compression_of(head);
    const auto inside =
        compression == Compression::none
            ? base::Bytes(head.begin(),
                          head.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(head.size(), 512)))
            : unpacked_head(head, compression, 512);
    const auto text = base::as_text(inside);
    if (text.size() < 512 || text.substr(magic_at, magic.size()) != magic) return std::nullopt;
    return compression;
}

base::Result<Imported> import_archive(const Store& store, const ImportRequest& request, const SourceFile& file,
                                      const base::Fd& fd, Compression compression, const ArchiveLimits& limits) {
    const auto in_file = [&](const base::Error& error) {
        return base::Error(fmt::format("{}: {}", request.source.string(), error.message()), error.code());
    };
    auto spool = Spool::open(store.folder() / "spool");
    if (!spool) return spool.error();
    Meter meter(request.progress, file.stamp.size);
    const FileSource source(fd, file.stamp.size);
    const auto unpacked = [&](const std::string& path, std::uint64_t read) {
        meter.begin(Progress::Step::reading, path);
        meter.add(read);
    };
    auto archive = unpack_archive(*spool, source, compression, limits, unpacked);
    if (const auto same = check_unchanged(fd, file); !same) return same.error();
    if (!archive) return in_file(archive.error());
    auto tree = recognize_tree(archive->folder, request);
    if (!tree) return in_file(tree.error());
    const auto spooled = take_files(*spool, std::move(*archive), *tree, tree->image);
    if (!spooled) return in_file(spooled.error());
    auto imported = publish(store, *spool, *spooled, std::move(tree->image), meter);
    if (imported) imported->notes = std::move(tree->notes);
    return imported;
}

}  // namespace musterd::images
