#include "images/iso_walk.hpp"

#include "images/image.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

namespace musterd::images {

namespace {

constexpr std::size_t most_notes = 50;
constexpr std::uint64_t longest_continuation = 32U << 10U;  // of one CE; writers keep to one block

/// A path as it may be shown: control characters become '?'.
std::string shown(std::string text) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    std::replace_if(text.begin(), text.end(), control, '?');
    return text.substr(0, 200);
}

std::string name_of(const IsoRecord& record, IsoNames names, const RockRidge& extra) {
    if (names == IsoNames::joliet) return joliet_name(record.name);
    return extra.name ? *extra.name : plain_iso_name(record.name);
}

}  // namespace

base::Result<void> IsoWalk::run(IsoIndex& index) {
    const auto& tree = reading_.tree;
    if (!holds(source_, tree.root_offset, tree.root_length)) {
        return base::Error("its root folder lies past the end of the file: the image is cut short or damaged");
    }
    enter(tree.root_offset, tree.root_length, "", 0);
    while (!folders_.empty()) {
        const auto next = std::move(folders_.front());
        folders_.pop_front();
        const auto done = folder(next);
        if (!done) return done;
    }
    if (unsaid_notes_ > 0) found_.notes.push_back(fmt::format("and {} notes more", unsaid_notes_));
    index.files = std::move(found_.files);
    index.links = std::move(found_.links);
    index.notes.insert(index.notes.end(), found_.notes.begin(), found_.notes.end());
    return {};
}

/// ECMA-119 6.8.1.1: a directory record ends in the logical sector in which it begins.
base::Result<void> IsoWalk::folder(const Folder& folder) {
    const auto end = folder.offset + folder.length;
    for (auto at = folder.offset; at < end;) {
        const auto stop = std::min(end, (at / iso_sector + 1) * iso_sector);
        const auto paid = spend_folder_bytes(stop - at);
        if (!paid) return paid;
        const auto bytes = read_bytes(source_, at, stop - at);
        if (!bytes) return bytes.error();
        const auto done = sector(folder, *bytes);
        if (!done) return done;
        at = stop;
    }
    drop_unfinished();
    return {};
}

base::Result<void> IsoWalk::sector(const Folder& folder, base::ByteView bytes) {
    while (!bytes.empty() && bytes[0] != 0) {  // 9.1: zeros fill what is left of a sector
        const auto read = read_iso_record(bytes);
        if (!read) {
            note(
                fmt::format("/{}: a damaged directory record; what follows it in its sector is left out", folder.path));
            return {};
        }
        if (++entries_ > most_iso_entries) {
            return base::Error(fmt::format("more than {} directory entries", most_iso_entries));
        }
        const auto done = record(folder, *read);
        if (!done) return done;
        bytes = bytes.subspan(bytes[0]);
    }
    return {};
}

base::Result<void> IsoWalk::record(const Folder& folder, const IsoRecord& record) {
    // 9.1.6: an associated file stands before the file whose name it has, and is not that file.
    if (record.is_self_or_parent() || record.is_associated()) return {};
    if (unfinished_ && unfinished_->identifier == base::as_text(record.name)) {
        add_extent(record, unfinished_->file);
        if (!record.continues()) finish_file(std::move(unfinished_->file));
        return {};
    }
    drop_unfinished();
    const auto extra = system_use(record);
    if (extra.relocated) return {};  // RRIP 4.1.5: found again by the CL at the place where it belongs
    const auto name = name_of(record, reading_.names, extra);
    auto path = folder.path + name;
    if (name.find('/') != std::string::npos || !is_path(path)) {
        note(fmt::format("left out /{}: not a path that an image can hold", shown(path)));
        return {};
    }
    if (extra.damaged) note(fmt::format("/{}: its Rock Ridge entries are damaged", path));
    return named(folder, record, std::move(path), extra);
}

base::Result<void> IsoWalk::named(const Folder& folder, const IsoRecord& record, std::string path,
                                  const RockRidge& extra) {
    const auto paid = spend_text(path.size() + (extra.link ? extra.link->size() : 0));
    if (!paid) return paid;
    if (extra.child) return relocated_folder(folder, *extra.child, std::move(path));
    if (record.is_folder()) {
        enter(record.block * reading_.tree.block_size, record.length, path + "/", folder.depth + 1);
        return {};
    }
    const auto type = extra.mode.value_or(S_IFREG) & static_cast<std::uint32_t>(S_IFMT);
    if (extra.link && (type == S_IFLNK || !extra.mode)) {
        found_.links.push_back({std::move(path), *extra.link});
    } else if (type == S_IFREG) {
        add_file(record, std::move(path), extra);
    } else {
        note(fmt::format("left out /{}: neither a file nor a folder nor a symbolic link", path));
    }
    return {};
}

/// RRIP 4.1.5.1: CL says only where the folder begins; how long it is stands in its own "." record.
base::Result<void> IsoWalk::relocated_folder(const Folder& folder, std::uint64_t block, std::string path) {
    const auto offset = block * reading_.tree.block_size;
    if (!holds(source_, offset, iso_sector)) {
        note(fmt::format("left out /{}: it lies past the end of the image", path));
        return {};
    }
    const auto bytes = read_bytes(source_, offset, iso_sector);
    if (!bytes) return bytes.error();
    const auto self = read_iso_record(*bytes);
    if (self && self->is_folder() && self->is_self_or_parent()) {
        enter(offset, self->length, path + "/", folder.depth + 1);
    } else {
        note(fmt::format("left out /{}: where it should be relocated from is no folder", path));
    }
    return {};
}

void IsoWalk::enter(std::uint64_t offset, std::uint64_t length, std::string path, int depth) {
    const auto* problem = depth > deepest_iso_folder        ? "nested too deep"
                          : !holds(source_, offset, length) ? "it lies past the end of the image"
                          : !entered_.insert(offset).second ? "a folder that is in the image at another place already"
                                                            : nullptr;
    if (problem != nullptr) {
        note(fmt::format("left out /{}: {}", path, problem));
        return;
    }
    folders_.push_back({offset, length, std::move(path), depth});
}

void IsoWalk::add_file(const IsoRecord& record, std::string path, const RockRidge& extra) {
    IsoFile file{std::move(path), 0, {}, {}};
    if (!extra.encoding.empty()) file.problem = fmt::format("its data is encoded ({})", extra.encoding);
    add_extent(record, file);
    if (record.continues()) {
        unfinished_ = Unfinished{std::string(base::as_text(record.name)), std::move(file)};
    } else {
        finish_file(std::move(file));
    }
}

void IsoWalk::add_extent(const IsoRecord& record, IsoFile& file) const {
    const IsoExtent extent{record.block * reading_.tree.block_size, record.length};
    file.size += extent.length;
    if (record.interleaved) file.problem = "its data is interleaved with another file's";
    if (extent.length == 0) return;
    if (!holds(source_, extent.offset, extent.length)) file.problem = "it goes past the end of the image";
    auto& extents = file.extents;
    if (!extents.empty() && extents.back().offset + extents.back().length == extent.offset) {
        extents.back().length += extent.length;
    } else {
        extents.push_back(extent);
    }
}

void IsoWalk::finish_file(IsoFile file) {
    unfinished_.reset();
    if (file.extents.size() > 1 && file.problem.empty()) {
        file.problem = fmt::format("its data lies in {} places", file.extents.size());
    }
    if (!file.problem.empty()) note(fmt::format("/{} cannot be served: {}", file.path, file.problem));
    found_.files.push_back(std::move(file));
}

/// The last record of a file of several extents is missing: no more is known of it than that it is larger.
void IsoWalk::drop_unfinished() {
    if (!unfinished_) return;
    unfinished_->file.problem = "the last of its extents is missing";
    finish_file(std::move(unfinished_->file));
}

RockRidge IsoWalk::system_use(const IsoRecord& record) {
    if (reading_.names != IsoNames::rock_ridge) return {};
    const auto area = record.system_use.subspan(std::min(reading_.skip, record.system_use.size()));
    const auto more = [this](std::uint64_t block, std::uint64_t offset,
                             std::uint64_t length) -> std::optional<base::Bytes> {
        const auto place = block * reading_.tree.block_size + offset;
        if (length > longest_continuation || !holds(source_, place, length) || !spend_folder_bytes(length)) return {};
        auto bytes = read_bytes(source_, place, length);
        return bytes ? std::optional(std::move(*bytes)) : std::nullopt;
    };
    return read_rock_ridge(area, more);
}

base::Result<void> IsoWalk::spend_text(std::size_t bytes) {
    text_bytes_ += bytes;
    if (text_bytes_ <= most_iso_text) return {};
    return base::Error(fmt::format("more than {} MiB of file names", most_iso_text >> 20U));
}

base::Result<void> IsoWalk::spend_folder_bytes(std::uint64_t bytes) {
    folder_bytes_ += bytes;
    if (folder_bytes_ <= most_iso_folder_bytes) return {};
    return base::Error(fmt::format("more than {} MiB of directories", most_iso_folder_bytes >> 20U));
}

void IsoWalk::note(std::string text) {
    if (found_.notes.size() < most_notes) {
        found_.notes.push_back(std::move(text));
    } else {
        ++unsaid_notes_;
    }
}

}  // namespace musterd::images
