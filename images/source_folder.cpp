#include "images/source_folder.hpp"

#include "images/byte_source.hpp"
#include "images/image.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

namespace musterd::images {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_files = 10'000;
constexpr int deepest = 16;

FileStamp stamp_of(const struct stat& status) {
    return {{status.st_dev, status.st_ino},
            static_cast<std::uint64_t>(status.st_size),
            {status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec}};
}

/// A path as it may be shown: control characters and bad bytes become '?'.
std::string shown(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return text;
}

class Scan {
public:
    base::Result<void> folder(const fs::path& location, const std::string& prefix, int depth) {
        if (depth > deepest) return base::Error(fmt::format("{}: nested deeper than {}", location.string(), deepest));
        std::error_code code;
        for (fs::directory_iterator each(location, code), end; !code && each != end; each.increment(code)) {
            const auto done = entry(*each, prefix, depth);
            if (!done) return done;
        }
        if (code) return base::Error(fmt::format("read folder {}: {}", location.string(), code.message()), code);
        return {};
    }

    SourceFolder finish() {
        const auto by_path = [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; };
        std::sort(found_.files.begin(), found_.files.end(), by_path);
        std::sort(found_.notes.begin(), found_.notes.end());
        return std::move(found_);
    }

private:
    base::Result<void> entry(const fs::directory_entry& entry, const std::string& prefix, int depth) {
        const auto path = prefix + entry.path().filename().string();
        if (!is_path(path)) {
            return base::Error(
                fmt::format("\"{}\" is not a path that an image can hold (UTF-8, no control characters or "
                            "backslash, at most 1024 bytes)",
                            shown(path)));
        }
        struct stat itself {};
        if (::lstat(entry.path().c_str(), &itself) != 0) return base::Error::from_errno("stat " + path);
        if (S_ISDIR(itself.st_mode)) return folder(entry.path(), path + "/", depth + 1);
        if (S_ISLNK(itself.st_mode)) note_link(entry.path(), path);
        struct stat target {};
        if (::stat(entry.path().c_str(), &target) != 0) {
            return base::Error::from_errno(S_ISLNK(itself.st_mode) ? "follow link " + path : "stat " + path);
        }
        return file(entry.path(), path, target);
    }

    void note_link(const fs::path& location, const std::string& path) {
        std::error_code code;
        const auto target = fs::read_symlink(location, code);
        if (!code) found_.links.emplace(path, target.string());
    }

    base::Result<void> file(const fs::path& location, const std::string& path, const struct stat& target) {
        if (S_ISREG(target.st_mode)) {
            if (found_.files.size() == most_files) return base::Error(fmt::format("more than {} files", most_files));
            found_.files.push_back({path, location, stamp_of(target)});
            return {};
        }
        const auto* kind = S_ISDIR(target.st_mode) ? "a link to a folder" : "neither a file nor a folder";
        found_.notes.push_back(fmt::format("left out {}: {}", path, kind));
        return {};
    }

    SourceFolder found_;
};

}  // namespace

base::Result<SourceFolder> scan_folder(const fs::path& folder) {
    std::error_code code;
    const auto resolved = fs::canonical(folder, code);
    if (code) return base::Error(fmt::format("{}: {}", folder.string(), code.message()), code);
    if (!fs::is_directory(resolved, code)) return base::Error(fmt::format("{}: not a folder", folder.string()));
    Scan scan;
    const auto done = scan.folder(resolved, "", 0);
    if (!done) return base::Error(fmt::format("{}: {}", folder.string(), done.error().message()), done.error().code());
    return scan.finish();
}

base::Result<SourceFile> scan_file(const fs::path& location, std::string path) {
    struct stat target {};
    if (::stat(location.c_str(), &target) != 0) return base::Error::from_errno(location.string());
    if (!S_ISREG(target.st_mode)) {
        return base::Error(fmt::format("{}: neither a file nor a folder", location.string()));
    }
    return SourceFile{std::move(path), location, stamp_of(target)};
}

base::Result<base::Bytes> read_source_head(const base::Fd& fd, const SourceFile& file, std::size_t count) {
    const FileSource bytes(fd, file.stamp.size);
    auto head = read_bytes(bytes, 0, std::min<std::uint64_t>(count, file.stamp.size));
    if (!head) return base::Error(fmt::format("{}: {}", file.path, head.error().message()), head.error().code());
    return head;
}

base::Result<base::Fd> open_source(const SourceFile& file) {
    // O_NONBLOCK: a FIFO that took the file's place must not hold us up.
    base::Fd fd(::open(file.location.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) return base::Error::from_errno("open " + file.location.string());
    const auto same = check_unchanged(fd, file);
    if (!same) return same.error();
    return fd;
}

base::Error changed(const SourceFile& file) {
    return base::Error(fmt::format("{} changed while it was read; import again when nobody writes to it", file.path));
}

base::Result<void> check_unchanged(const base::Fd& fd, const SourceFile& file) {
    struct stat now {};
    if (::fstat(fd.get(), &now) != 0) return base::Error::from_errno("stat " + file.location.string());
    if (stamp_of(now) != file.stamp) return changed(file);
    return {};
}

}  // namespace musterd::images
