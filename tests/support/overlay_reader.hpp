#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace musterd::support {

/// Reads an overlay with libarchive, which is not ours, and calls `take` with each entry and its text.
inline void read_overlay(std::string_view bytes,
                         const std::function<void(archive_entry* entry, const std::string& text)>& take) {
    archive* reader = archive_read_new();
    archive_read_support_filter_gzip(reader);
    archive_read_support_format_cpio(reader);
    if (archive_read_open_memory(reader, bytes.data(), bytes.size()) != ARCHIVE_OK)
        throw std::runtime_error("not an overlay");
    archive_entry* entry = nullptr;
    while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
        std::string text(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
        archive_read_data(reader, text.data(), text.size());
        take(entry, text);
    }
    archive_read_free(reader);
}

}  // namespace musterd::support
