// Tar archives as tests want them, hostile ones too, written by libarchive.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace musterd::images::test {

struct TarMember {
    std::string path;
    std::string content;
    unsigned type = AE_IFREG;
    std::string target;  ///< of a link; with AE_IFREG a hard link
};

/// `filter` is one of libarchive's, 0 for none.
inline std::string tar(const std::vector<TarMember>& members, int filter = 0) {
    const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
    std::size_t most = 1U << 20U;
    for (const auto& member : members)
        most += member.content.size() * 2 + 4096;
    std::string out(most, '\0');
    std::size_t used = 0;
    if (filter != 0) REQUIRE(archive_write_add_filter(writer.get(), filter) == ARCHIVE_OK);
    REQUIRE(archive_write_set_format_pax_restricted(writer.get()) == ARCHIVE_OK);
    REQUIRE(archive_write_set_bytes_in_last_block(writer.get(), 1) == ARCHIVE_OK);
    REQUIRE(archive_write_open_memory(writer.get(), out.data(), out.size(), &used) == ARCHIVE_OK);
    for (const auto& member : members) {
        const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
        archive_entry_set_pathname(entry.get(), member.path.c_str());
        archive_entry_set_filetype(entry.get(), member.type);
        archive_entry_set_perm(entry.get(), 0644);
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(member.content.size()));
        if (!member.target.empty() && member.type == AE_IFLNK)
            archive_entry_set_symlink(entry.get(), member.target.c_str());
        if (!member.target.empty() && member.type == AE_IFREG)
            archive_entry_set_hardlink(entry.get(), member.target.c_str());
        REQUIRE(archive_write_header(writer.get(), entry.get()) >= ARCHIVE_WARN);
        REQUIRE(archive_write_data(writer.get(), member.content.data(), member.content.size()) >= 0);
    }
    REQUIRE(archive_write_close(writer.get()) == ARCHIVE_OK);
    out.resize(used);
    return out;
}

}  // namespace musterd::images::test
