#include "images/unpack_archive.hpp"

#include "images/archive_path.hpp"
#include "images/tar_reader.hpp"

#include <fmt/format.h>

#include <set>

namespace musterd::images {

namespace {

class Unpacking {
public:
    Unpacking(Spool& spool, Unpacker& bytes, TarReader& reader, std::uint64_t packed_size, const ArchiveLimits& limits,
              const std::function<void(const std::string&, std::uint64_t)>& unpacked)
        : spool_(spool),
          bytes_(bytes),
          reader_(reader),
          packed_size_(packed_size),
          limits_(limits),
          unpacked_(unpacked) {}

    base::Result<void> all() {
        while (true) {
            const auto entry = reader_.next();
            if (!entry) return entry.error();
            if (!*entry) return {};
            if (++entries_ > limits_.entries) return base::Error(fmt::format("more than {} entries", limits_.entries));
            const auto path = entry_path((*entry)->path);
            if (!path) return path.error();
            if (const auto taken = take(**entry, *path); !taken) return taken;
        }
    }

    base::Result<UnpackedArchive> finish() {
        for (const auto& [path, target] : links_)
            resolve(path, target);
        UnpackedArchive archive{{{}, std::move(notes_), links_}, std::move(files_)};
        for (const auto& [path, file] : archive.files) {
            auto scanned = scan_file(file.location, path);
            if (!scanned) return scanned.error();
            archive.folder.files.push_back(std::move(*scanned));
        }
        return archive;
    }

private:
    base::Result<void> take(const TarEntry& entry, const std::string& path) {
        if (entry.kind == TarEntry::Kind::special)
            return base::Error(fmt::format("\"{}\" in it is a device, a FIFO or a socket", path));
        if (entry.kind == TarEntry::Kind::folder || path.empty()) return {};
        if (!seen_.insert(path).second) return base::Error(fmt::format("\"{}\" is in it twice", path));
        if (seen_.size() > limits_.files) return base::Error(fmt::format("more than {} files", limits_.files));
        switch (entry.kind) {
            case TarEntry::Kind::link:
                return keep_link(path, link_target(path, entry.target));
            case TarEntry::Kind::hard_link:
                return keep_link(path, entry_path(entry.target));
            default:
                return unpack(path);
        }
    }

    base::Result<void> keep_link(const std::string& path, const base::Result<std::string>& target) {
        if (!target) return target.error();
        links_.emplace(path, *target);
        return {};
    }

    base::Result<void> unpack(const std::string& path) {
        auto file = spool_.fill([&]() -> base::Result<base::ByteView> {
            auto piece = reader_.data();
            if (!piece) return piece;
            bytes_so_far_ += piece->size();
            if (const auto bounded = check_size(); !bounded) return bounded.error();
            const auto read = bytes_.consumed();
            unpacked_(path, read - reported_);
            reported_ = read;
            return piece;
        });
        if (!file) return base::Error(fmt::format("{}: {}", path, file.error().message()), file.error().code());
        files_.emplace(path, std::move(*file));
        return {};
    }

    [[nodiscard]] base::Result<void> check_size() const {
        constexpr std::uint64_t mebibyte = 1U << 20U;
        if (bytes_so_far_ > limits_.bytes)
            return base::Error(fmt::format("the archive unpacks to more than {} MiB", limits_.bytes / mebibyte));
        if (bytes_so_far_ <= limits_.allowance) return {};
        if ((bytes_so_far_ - limits_.allowance) / limits_.times <= packed_size_) return {};
        return base::Error(
            fmt::format("the archive unpacks to more than {} times its own size; if that is right, unpack "
                        "it and import the folder",
                        limits_.times));
    }

    /// A link to a file is the file under another name, by way of other links too.
    void resolve(const std::string& path, std::string target) {
        for (int hops = 0; hops < 40; ++hops) {
            if (const auto file = files_.find(target); file != files_.end()) {
                files_.emplace(path, file->second);
                return;
            }
            const auto link = links_.find(target);
            if (link == links_.end()) break;
            target = link->second;
        }
        const auto below = seen_.lower_bound(target + "/");
        const bool folder = target.empty() || (below != seen_.end() && below->starts_with(target + "/"));
        notes_.push_back(
            fmt::format("left out {}: a link to {}", path, folder ? "a folder" : "nothing in the archive"));
    }

    Spool& spool_;
    Unpacker& bytes_;
    TarReader& reader_;
    std::uint64_t packed_size_;
    const ArchiveLimits& limits_;
    const std::function<void(const std::string&, std::uint64_t)>& unpacked_;
    std::size_t entries_ = 0;
    std::uint64_t bytes_so_far_ = 0;
    std::uint64_t reported_ = 0;
    std::set<std::string> seen_;
    std::map<std::string, std::string> links_;
    std::map<std::string, Spool::File> files_;
    std::vector<std::string> notes_;
};

}  // namespace

base::Result<UnpackedArchive> unpack_archive(
    Spool& spool, const ByteSource& source, Compression compression, const ArchiveLimits& limits,
    const std::function<void(const std::string& path, std::uint64_t read)>& unpacked) {
    auto bytes = Unpacker::open(source, 0, source.size(), compression);
    if (!bytes) return bytes.error();
    auto reader = TarReader::open(*bytes);
    if (!reader) return reader.error();
    Unpacking unpacking(spool, *bytes, *reader, source.size(), limits, unpacked);
    if (const auto done = unpacking.all(); !done) return done.error();
    return unpacking.finish();
}

}  // namespace musterd::images
