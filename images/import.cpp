#include "images/import.hpp"

#include "images/byte_source.hpp"
#include "images/digest.hpp"
#include "images/download.hpp"
#include "images/import_archive.hpp"
#include "images/import_bfb.hpp"
#include "images/import_iso.hpp"
#include "images/import_single.hpp"
#include "images/publish.hpp"
#include "images/url.hpp"

#include <fmt/format.h>

namespace musterd::images {

namespace fs = std::filesystem;

namespace {

/// Whatever it boots of itself, it is to be a RAM disk; what is no disk stays what it is, and is refused.
Recognized as_disk(Recognized recognized) {
    if (recognized.role != Role::disk) recognized.role = Role::other;
    return recognized;
}

base::Result<void> check_digest(const ImportRequest& request, const SourceFile& file, const base::Fd& fd) {
    if (request.sha256.empty()) return {};
    Sha256 digest;
    const FileSource source(fd, file.stamp.size);
    const auto read = read_pieces(source, 0, source.size(), [&](base::ByteView piece) { digest.update(piece); });
    if (!read) return read;
    const auto found = digest.finish();
    if (found == request.sha256) return {};
    return base::Error(
        fmt::format("{}: it has the SHA-256 {}, not {}", request.source.string(), found, request.sha256));
}

/// `request.source` is what it is called, `location` where it lies.
base::Result<Imported> import_file(const Store& store, const ImportRequest& request, const fs::path& location,
                                   const std::string& base_name) {
    const auto file = scan_file(location, base_name);
    if (!file) return file.error();
    const auto fd = open_source(*file);
    if (!fd) return fd.error();
    if (const auto same = check_digest(request, *file, *fd); !same) return same.error();
    const auto head = read_source_head(*fd, *file, recognize_bytes);
    if (!head) return head.error();
    if (request.as_disk) return import_single(store, request, *file, as_disk(recognize(*head)));
    if (is_bfb(*head)) return import_bfb(store, request, *file, *fd);
    if (is_iso(*head)) return import_iso(store, request, *file, *fd);
    if (const auto tar = tar_compression(*head)) return import_archive(store, request, *file, *fd, *tar);
    return import_single(store, request, *file, recognize(*head));
}

/// What was fetched goes when it was imported, or refused for what is in it: only another fetch would help then. An
/// error of the system (no space) may pass, and the download is kept for then.
base::Result<Imported> import_url(const Store& store, const ImportRequest& request) {
    const auto url = request.source.string();
    auto download = Download::open(store, url);
    if (!download) return download.error();
    if (const auto fetched = download->fetch_all(request.patience, request.progress); !fetched) return fetched.error();
    auto local = request;
    local.source = shown_url(url);
    auto imported = import_file(store, local, download->file(), file_name_of(url));
    if (imported || !imported.error().code()) download->remove();
    return imported;
}

}  // namespace

base::Result<void> check_request(const ImportRequest& request) {
    if (!is_name(request.name)) {
        return base::Error(
            fmt::format("\"{}\" is not an image name: a-z, 0-9, '.', '_' and '-', at most 64, starting "
                        "with a letter or digit",
                        request.name));
    }
    if (!request.sha256.empty() && !is_digest(request.sha256))
        return base::Error("a SHA-256 has 64 digits, 0 to 9 and a to f");
    for (const auto& arg : request.args) {
        if (!is_argument(arg)) return base::Error("a kernel argument is empty or holds control characters");
    }
    return {};
}

base::Result<Imported> import_source(const Store& store, const ImportRequest& request) {
    if (const auto checked = check_request(request); !checked) return checked.error();
    if (is_url(request.source.string())) return import_url(store, request);
    std::error_code code;
    const auto status = fs::status(request.source, code);
    if (fs::exists(status) && !fs::is_directory(status))
        return import_file(store, request, request.source, request.source.filename().string());
    if (!request.sha256.empty()) return base::Error("a folder has no SHA-256 to compare with");
    return import_folder(store, request);
}

}  // namespace musterd::images
