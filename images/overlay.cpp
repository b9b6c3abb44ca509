#include "images/overlay.hpp"

#include "images/image.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace musterd::images {

namespace {

struct FreeArchive {
    void operator()(archive* handle) const { archive_write_free(handle); }
};
using Writer = std::unique_ptr<archive, FreeArchive>;

struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Entry = std::unique_ptr<archive_entry, FreeEntry>;

la_ssize_t append(archive*, void* buffer, const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    auto& out = *static_cast<base::Bytes*>(buffer);
    out.insert(out.end(), bytes, bytes + size);
    return static_cast<la_ssize_t>(size);
}

base::Error failure(archive* handle) {
    return base::Error(fmt::format("cannot build the initrd overlay: {}", archive_error_string(handle)));
}

/// newc in gzip without a time stamp, nothing padded beyond what the format wants.
bool configure(archive* writer, base::Bytes& out) {
    return archive_write_set_format_cpio_newc(writer) == ARCHIVE_OK &&
           archive_write_add_filter_gzip(writer) == ARCHIVE_OK &&
           archive_write_set_filter_option(writer, "gzip", "timestamp", nullptr) == ARCHIVE_OK &&
           archive_write_set_bytes_per_block(writer, 0) == ARCHIVE_OK &&
           archive_write_open(writer, &out, nullptr, append, nullptr) == ARCHIVE_OK;
}

bool put(archive* writer, const std::string& path, std::string_view text, mode_t mode, unsigned type) {
    const Entry entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_filetype(entry.get(), type);
    archive_entry_set_perm(entry.get(), mode);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(text.size()));
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_nlink(entry.get(), 1);
    if (archive_write_header(writer, entry.get()) != ARCHIVE_OK) return false;
    return archive_write_data(writer, text.data(), text.size()) == static_cast<la_ssize_t>(text.size());
}

/// "a/b/c" needs "a" and "a/b". Where files differ, the mode that lets more see.
std::map<std::string, unsigned> folders_of(const std::vector<OverlayFile>& files) {
    std::map<std::string, unsigned> folders;
    for (const auto& file : files) {
        for (auto slash = file.path.find('/'); slash != std::string::npos; slash = file.path.find('/', slash + 1)) {
            folders[file.path.substr(0, slash)] |= file.folder_mode;
        }
    }
    return folders;
}

base::Result<void> check(const std::vector<OverlayFile>& files) {
    std::set<std::string_view> seen;
    for (const auto& file : files) {
        if (!is_path(file.path)) return base::Error(fmt::format("\"{}\" is no path for an initrd overlay", file.path));
        if (!seen.insert(file.path).second)
            return base::Error(fmt::format("\"{}\" is twice in an initrd overlay", file.path));
    }
    return {};
}

}  // namespace

base::Result<base::Bytes> make_overlay(const std::vector<OverlayFile>& files) {
    if (const auto checked = check(files); !checked) return checked.error();
    auto sorted = files;
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    base::Bytes out;
    const Writer writer(archive_write_new());
    bool ok = configure(writer.get(), out);
    for (const auto& [folder, mode] : folders_of(sorted))
        ok = ok && put(writer.get(), folder, {}, mode, AE_IFDIR);
    for (const auto& file : sorted)
        ok = ok && put(writer.get(), file.path, file.text, file.mode, AE_IFREG);
    if (!ok || archive_write_close(writer.get()) != ARCHIVE_OK) return failure(writer.get());
    return out;
}

}  // namespace musterd::images
