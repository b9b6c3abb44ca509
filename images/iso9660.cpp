#include "images/iso9660.hpp"

#include "images/iso_walk.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::images {

namespace {

constexpr int most_links = 40;  // Linux, MAXSYMLINKS
constexpr std::size_t longest_walk = 8192;

/// SUSP 5.3: SP is the first entry of the root's own record, at BP 1, or at BP 15 on CD-ROM XA.
RockRidge root_system_use(const ByteSource& source, const IsoTree& tree, const IsoRecord& root) {
    constexpr std::size_t behind_xa = 14;
    const auto more = [&](std::uint64_t block, std::uint64_t offset,
                          std::uint64_t length) -> std::optional<base::Bytes> {
        const auto place = block * tree.block_size + offset;
        if (length > iso_sector || !holds(source, place, length)) return std::nullopt;
        auto bytes = read_bytes(source, place, length);
        return bytes ? std::optional(std::move(*bytes)) : std::nullopt;
    };
    const auto at_once = read_rock_ridge(root.system_use, more);
    if (at_once.skip || root.system_use.size() <= behind_xa) return at_once;
    return read_rock_ridge(root.system_use.subspan(behind_xa), more);
}

/// Sorts by path and keeps the first of each; says how many were dropped.
template <class Entry>
std::size_t sort_unique(std::vector<Entry>& entries) {
    const auto by_path = [](const Entry& a, const Entry& b) { return a.path < b.path; };
    const auto same_path = [](const Entry& a, const Entry& b) { return a.path == b.path; };
    std::stable_sort(entries.begin(), entries.end(), by_path);
    const auto end = std::unique(entries.begin(), entries.end(), same_path);
    const auto dropped = static_cast<std::size_t>(entries.end() - end);
    entries.erase(end, entries.end());
    return dropped;
}

template <class Entry>
const Entry* find_path(const std::vector<Entry>& entries, std::string_view path) {
    const auto before = [](const Entry& entry, std::string_view wanted) { return entry.path < wanted; };
    const auto found = std::lower_bound(entries.begin(), entries.end(), path, before);
    return found == entries.end() || found->path != path ? nullptr : &*found;
}

/// Takes the last part off a path.
void go_up(std::string& path) {
    const auto slash = path.rfind('/');
    path.resize(slash == std::string::npos ? 0 : slash);
}

}  // namespace

std::string_view to_string(IsoNames names) {
    switch (names) {
        case IsoNames::rock_ridge:
            return "Rock Ridge";
        case IsoNames::joliet:
            return "Joliet";
        case IsoNames::plain:
            break;
    }
    return "plain ISO 9660";
}

base::Result<IsoReading> choose_iso_tree(const ByteSource& source, const IsoVolume& volume) {
    IsoReading reading{volume.primary, IsoNames::plain, 0};
    if (!holds(source, volume.primary.root_offset, iso_sector)) {
        return base::Error("its root folder lies past the end of the file: the image is cut short or damaged");
    }
    const auto sector = read_bytes(source, volume.primary.root_offset, iso_sector);
    if (!sector) return sector.error();
    const auto root = read_iso_record(*sector);
    const auto extra = root ? root_system_use(source, volume.primary, *root) : RockRidge{};
    if (extra.skip && extra.rock_ridge) {
        reading.names = IsoNames::rock_ridge;
        reading.skip = *extra.skip;
    } else if (volume.joliet) {
        reading.tree = *volume.joliet;
        reading.names = IsoNames::joliet;
    }
    return reading;
}

const IsoFile* IsoIndex::file(std::string_view path) const {
    std::string walked;
    std::string rest(path);
    int followed = 0;
    while (!rest.empty()) {
        const auto slash = rest.find('/');
        const auto part = rest.substr(0, slash);
        rest.erase(0, slash == std::string::npos ? rest.size() : slash + 1);
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            go_up(walked);
            continue;
        }
        const auto before = walked.size();
        walked += (walked.empty() ? "" : "/") + part;
        const auto* link = find_path(links, walked);
        if (link == nullptr) continue;
        if (++followed > most_links || rest.size() + link->target.size() > longest_walk) return nullptr;
        walked.resize(link->target.starts_with('/') ? 0 : before);
        rest.insert(0, link->target + "/");
    }
    return find_path(files, walked);
}

base::Result<IsoIndex> read_iso_index(const ByteSource& source) {
    const auto volume = read_iso_volume(source);
    if (!volume) return volume.error();
    const auto reading = choose_iso_tree(source, *volume);
    if (!reading) return reading.error();

    IsoIndex index{volume->id, volume->size, reading->names, volume->udf, {}, {}, {}};
    if (volume->size > source.size()) {
        index.notes.push_back(fmt::format("the image says that it has {} bytes, but the file has {}: cut short?",
                                          volume->size, source.size()));
    }
    const auto walked = IsoWalk(source, *reading).run(index);
    if (!walked) return walked.error();
    const auto twice = sort_unique(index.files) + sort_unique(index.links);
    if (twice > 0)
        index.notes.push_back(fmt::format("{} names that are there twice: the first of each is taken", twice));
    return index;
}

base::Result<base::FileSlice> iso_slice(const std::shared_ptr<const base::Fd>& image, const IsoFile& file,
                                        std::string etag) {
    if (!file.problem.empty()) return base::Error(fmt::format("/{}: {}", file.path, file.problem));
    const auto extent = file.extents.empty() ? IsoExtent{} : file.extents.front();
    return base::FileSlice{image, extent.offset, extent.length, std::move(etag)};
}

}  // namespace musterd::images
