#include "images/import.hpp"

#include "images/byte_source.hpp"
#include "images/import_bfb.hpp"
#include "images/import_iso.hpp"
#include "images/kind.hpp"
#include "images/publish.hpp"
#include "images/roles.hpp"
#include "images/source_folder.hpp"
#include "images/unpack_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace musterd::images {

namespace fs = std::filesystem;

namespace {

base::Result<base::Bytes> read_head(const base::Fd& fd, const SourceFile& file) {
    const FileSource bytes(fd, file.stamp.size);
    auto head = read_bytes(bytes, 0, std::min<std::uint64_t>(recognize_bytes, file.stamp.size));
    if (!head) return base::Error(fmt::format("{}: {}", file.path, head.error().message()), head.error().code());
    return head;
}

/// Looks at every file before anything is copied, so that a refusal comes at once.
base::Result<Roles> recognize_folder(const SourceFolder& source) {
    std::vector<Candidate> candidates;
    for (const auto& file : source.files) {
        const auto fd = open_source(file);
        if (!fd) return fd.error();
        const auto head = read_head(*fd, file);
        if (!head) return head.error();
        candidates.push_back({file.path, recognize(*head)});
    }
    return choose_roles(candidates);
}

std::uint64_t total_size(const SourceFolder& source) {
    return std::accumulate(source.files.begin(), source.files.end(), std::uint64_t{0},
                           [](auto sum, const auto& file) { return sum + file.stamp.size; });
}

base::Result<Spool::File> copy_file(Spool& spool, const SourceFile& file, Meter& meter) {
    const auto fd = open_source(file);
    if (!fd) return fd.error();
    meter.begin(Progress::Step::reading, file.path);
    auto copied = spool.copy(*fd, file.stamp.size, [&meter](std::uint64_t bytes) { meter.add(bytes); });
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

base::Result<void> check(const ImportRequest& request) {
    if (!is_name(request.name)) {
        return base::Error(
            fmt::format("\"{}\" is not an image name: a-z, 0-9, '.', '_' and '-', at most 64, starting "
                        "with a letter or digit",
                        request.name));
    }
    for (const auto& arg : request.args) {
        if (!is_argument(arg)) return base::Error("a kernel argument is empty or holds control characters");
    }
    return {};
}

base::Result<Imported> copy_and_publish(const Store& store, const ImportRequest& request, const SourceFolder& source,
                                        Compression kernel_packed, Image image) {
    auto spool = Spool::open(store.folder() / "spool");
    if (!spool) return spool.error();
    Meter meter(request.progress, total_size(source));
    const auto spooled = spool_files(*spool, source, kernel_packed, image, meter);
    if (!spooled) return spooled.error();
    return publish(store, *spool, *spooled, std::move(image), meter);
}

base::Result<Imported> import_file(const Store& store, const ImportRequest& request) {
    const auto base_name = request.source.filename().string();
    const auto file = scan_file(request.source, base_name);
    if (!file) return file.error();
    const auto fd = open_source(*file);
    if (!fd) return fd.error();
    const auto head = read_head(*fd, *file);
    if (!head) return head.error();
    if (is_bfb(*head)) return import_bfb(store, request, *file, *fd);
    if (is_iso(*head)) return import_iso(store, request, *file, *fd);
    return base::Error(
        fmt::format("{}: {}; what can be imported is a folder with a kernel and initrds, an ISO 9660 image, or a "
                    "BlueField boot stream (BFB, which starts with the bytes 42 66 02 13)",
                    request.source.string(), recognize(*head).format));
}

}  // namespace

base::Result<Imported> import_source(const Store& store, const ImportRequest& request) {
    const auto checked = check(request);
    if (!checked) return checked.error();
    std::error_code code;
    const auto status = fs::status(request.source, code);
    return fs::exists(status) && !fs::is_directory(status) ? import_file(store, request)
                                                           : import_folder(store, request);
}

base::Result<Imported> import_folder(const Store& store, const ImportRequest& request) {
    const auto checked = check(request);
    if (!checked) return checked.error();
    const auto source = scan_folder(request.source);
    if (!source) return source.error();
    const auto roles = recognize_folder(*source);
    if (!roles) {
        return base::Error(fmt::format("{}: {}", request.source.string(), roles.error().message()),
                           roles.error().code());
    }
    auto image = image_for(request);
    image.arch = roles->arch;
    image.kernel = roles->kernel;
    image.initrds = roles->initrds;
    image.root = roles->root;
    auto notes = source->notes;
    if (const auto known = add_kind(*source, request.source, image, notes); !known) {
        return base::Error(fmt::format("{}: {}", request.source.string(), known.error().message()));
    }
    auto imported = copy_and_publish(store, request, *source, roles->kernel_packed, std::move(image));
    if (!imported) return imported;
    imported->notes = std::move(notes);
    imported->notes.insert(imported->notes.end(), roles->notes.begin(), roles->notes.end());
    return imported;
}

}  // namespace musterd::images
