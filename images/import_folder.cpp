#include "images/import_folder.hpp"

#include "images/byte_source.hpp"
#include "images/publish.hpp"
#include "images/unpack_kernel.hpp"

#include <fmt/format.h>

#include <numeric>

namespace musterd::images {

namespace {

std::uint64_t total_size(const SourceFolder& source) {
    return std::accumulate(source.files.begin(), source.files.end(), std::uint64_t{0},
                           [](auto sum, const auto& file) { return sum + file.stamp.size; });
}

base::Result<Spool::File> copy_file(Spool& spool, const SourceFile& file, Meter& meter) {
    const auto fd = open_source(file);
    if (!fd) return fd.error();
    meter.begin(Progress::Step::reading, file.path);
    auto copied = spool.copy(*fd, file.stamp.size, [&meter](base::ByteView piece) { meter.add(piece.size()); });
    if (!copied) {
        return base::Error(fmt::format("{}: {}", file.path, copied.error().message()), copied.error().code());
    }
    const auto same = check_unchanged(*fd, file);
    if (!same) return same.error();
    if (copied->size != file.stamp.size) return changed(file);
    return copied;
}

/// A kernel that is packed is kept unpacked: loaders start it, and verify() finds what it was served as.
base::Result<Spool::File> unpack_file(Spool& spool, const SourceFile& file, Compression packed, Meter& meter) {
    const auto fd = open_source(file);
    if (!fd) return fd.error();
    meter.begin(Progress::Step::reading, file.path);
    auto unpacked = unpack_kernel(spool, FileSource(*fd, file.stamp.size), 0, file.stamp.size, packed);
    meter.add(file.stamp.size);
    if (const auto same = check_unchanged(*fd, file); !same) return same.error();
    if (!unpacked) return base::Error(fmt::format("{}: {}", file.path, unpacked.error().message()));
    return unpacked;
}

base::Result<SpooledFiles> spool_files(Spool& spool, const SourceFolder& source, Compression kernel_packed,
                                       Image& image, Meter& meter) {
    SpooledFiles spooled;
    for (const auto& file : source.files) {
        const bool packed = file.path == image.kernel && kernel_packed != Compression::none;
        auto copied = packed ? unpack_file(spool, file, kernel_packed, meter) : copy_file(spool, file, meter);
        if (!copied) return copied.error();
        image.files.push_back({file.path, copied->size, copied->sha256});
        spooled.emplace(copied->sha256, std::move(*copied));
    }
    return spooled;
}

}  // namespace

base::Result<Imported> copy_and_publish(const Store& store, const ImportRequest& request, const SourceFolder& source,
                                        RecognizedTree tree) {
    auto spool = Spool::open(store.folder() / "spool");
    if (!spool) return spool.error();
    Meter meter(request.progress, total_size(source));
    const auto spooled = spool_files(*spool, source, tree.kernel_packed, tree.image, meter);
    if (!spooled) return spooled.error();
    auto imported = publish(store, *spool, *spooled, std::move(tree.image), meter);
    if (imported) imported->notes = std::move(tree.notes);
    return imported;
}

base::Result<Imported> import_folder(const Store& store, const ImportRequest& request) {
    if (const auto checked = check_request(request); !checked) return checked.error();
    const auto source = scan_folder(request.source);
    if (!source) return source.error();
    auto tree = recognize_tree(*source, request);
    if (!tree) {
        return base::Error(fmt::format("{}: {}", request.source.string(), tree.error().message()), tree.error().code());
    }
    return copy_and_publish(store, request, *source, std::move(*tree));
}

}  // namespace musterd::images
