#include "images/import.hpp"

#include "images/import_archive.hpp"
#include "images/import_bfb.hpp"
#include "images/import_iso.hpp"
#include "images/import_single.hpp"
#include "images/publish.hpp"

#include <fmt/format.h>

namespace musterd::images {

namespace fs = std::filesystem;

namespace {

/// Whatever it boots of itself, it is to be a RAM disk; what is no disk stays what it is, and is refused.
Recognized as_disk(Recognized recognized) {
    if (recognized.role != Role::disk) recognized.role = Role::other;
    return recognized;
}

base::Result<Imported> import_file(const Store& store, const ImportRequest& request) {
    const auto base_name = request.source.filename().string();
    const auto file = scan_file(request.source, base_name);
    if (!file) return file.error();
    const auto fd = open_source(*file);
    if (!fd) return fd.error();
    const auto head = read_source_head(*fd, *file, recognize_bytes);
    if (!head) return head.error();
    if (request.as_disk) return import_single(store, request, *file, as_disk(recognize(*head)));
    if (is_bfb(*head)) return import_bfb(store, request, *file, *fd);
    if (is_iso(*head)) return import_iso(store, request, *file, *fd);
    if (const auto tar = tar_compression(*head)) return import_archive(store, request, *file, *fd, *tar);
    return import_single(store, request, *file, recognize(*head));
}

}  // namespace

base::Result<void> check_request(const ImportRequest& request) {
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

base::Result<Imported> import_source(const Store& store, const ImportRequest& request) {
    if (const auto checked = check_request(request); !checked) return checked.error();
    std::error_code code;
    const auto status = fs::status(request.source, code);
    return fs::exists(status) && !fs::is_directory(status) ? import_file(store, request)
                                                           : import_folder(store, request);
}

}  // namespace musterd::images
