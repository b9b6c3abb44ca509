#include "images/store.hpp"

#include "images/digest.hpp"
#include "images/name_history.hpp"
#include "server/base/diagnostics.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace musterd::images {

namespace fs = std::filesystem;

namespace {

base::Error damaged(const fs::path& file, std::string_view what) {
    return base::Error(fmt::format("{} is damaged: {}", file.string(), what));
}

/// Names of the store's names folder, sorted; whatever cannot be a name is none of ours.
std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code code;
    for (fs::directory_iterator each(folder, code), end; !code && each != end; each.increment(code)) {
        auto name = each->path().filename().string();
        if (is_name(name)) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    return names;
}

base::Result<NameHistory> read_history(const fs::path& file) {
    const auto text = base::read_file(file);
    if (!text) return text.error();
    auto history = parse_name_history(*text);
    if (!history) return damaged(file, history.error().message());
    return history;
}

base::Error no_such_name(std::string_view name, const std::vector<std::string>& names) {
    if (names.empty()) {
        return base::Error(
            fmt::format("no image \"{0}\": there are none yet; make it with "
                        "\"musterd image import FOLDER|FILE --name {0}\"",
                        name));
    }
    const auto meant = base::nearest(name, {names.begin(), names.end()});
    if (!meant.empty()) return base::Error(fmt::format("no image \"{}\"; did you mean \"{}\"?", name, meant));
    return base::Error(fmt::format("no image \"{}\"; there are: {}", name, fmt::join(names, ", ")));
}

/// The entry that a reference picks from its name's history: the newest, or the one and only digest that starts so.
base::Result<NameEntry> pick(const NameHistory& history, const Reference& reference) {
    if (reference.digest.empty()) return history.front();
    std::vector<NameEntry> matching;
    std::set<std::string> digests;
    for (const auto& entry : history) {
        if (!entry.digest.starts_with(reference.digest)) continue;
        if (digests.insert(entry.digest).second) matching.push_back(entry);
    }
    if (matching.size() == 1) return matching.front();
    if (matching.empty()) {
        return base::Error(
            fmt::format("image \"{}\" never had a digest that starts with {}", reference.name, reference.digest));
    }
    return base::Error(fmt::format("\"{}\" is ambiguous: {}", reference.to_string(), fmt::join(digests, ", ")));
}

}  // namespace

base::Result<Store> Store::open(const fs::path& data_dir) {
    auto folder = data_dir / "images";
    for (const auto* each : {"blobs", "manifests", "names", "spool"}) {
        std::error_code code;
        fs::create_directories(folder / each, code);
        if (code) return base::Error(fmt::format("make folder {}: {}", (folder / each).string(), code.message()), code);
    }
    auto root = base::open_folder(folder);
    if (!root) return root.error();
    return Store(std::move(folder), std::make_shared<const base::Fd>(std::move(*root)));
}

fs::path Store::manifest_path(std::string_view digest) const {
    return folder_ / "manifests" / fmt::format("{}.json", digest);
}

fs::path Store::name_path(std::string_view name) const {
    return folder_ / "names" / name;
}

fs::path Store::blob_path(std::string_view sha256) const {
    return folder_ / "blobs" / sha256.substr(0, 2) / sha256;
}

base::Result<Image> Store::read_image(std::string_view digest) const {
    if (!is_digest(digest)) return base::Error(fmt::format("\"{}\" is not a digest", digest));
    const auto path = manifest_path(digest);
    const auto text = base::read_file(path);
    if (!text) return base::Error(fmt::format("no image {}", digest), text.error().code());
    auto image = image_from_manifest(*text);
    if (!image) return damaged(path, image.error().message());
    if (image->digest != digest) return damaged(path, "its content does not have the digest of its name");
    return image;
}

base::Result<Image> Store::named(std::string_view name, const NameEntry& entry) const {
    auto image = read_image(entry.digest);
    if (!image) {
        return base::Error(fmt::format("image \"{}\": {}", name, image.error().message()), image.error().code());
    }
    image->name = name;
    image->imported = entry.imported;
    image->source = entry.source;
    return image;
}

std::vector<std::string> Store::names() const {
    return names_in(folder_ / "names");
}

base::Result<NameHistory> Store::history(const std::string& name) const {
    std::error_code code;
    if (!is_name(name) || !fs::exists(name_path(name), code)) return no_such_name(name, names());
    return read_history(name_path(name));
}

base::Result<std::vector<Image>> Store::list() const {
    std::vector<Image> images;
    for (const auto& name : names()) {
        const auto history = read_history(name_path(name));
        if (!history) return history.error();
        auto image = named(name, history->front());
        if (!image) return image.error();
        images.push_back(std::move(*image));
    }
    return images;
}

base::Result<Image> Store::find(std::string_view reference) const {
    const auto parsed = parse_reference(reference);
    if (!parsed) return parsed.error();
    return find(*parsed);
}

base::Result<Image> Store::find(const Reference& reference) const {
    if (reference.name.empty()) return find_by_digest(reference.digest);
    const auto history = this->history(reference.name);
    if (!history) return history.error();
    const auto entry = pick(*history, reference);
    if (!entry) return entry.error();
    return named(reference.name, *entry);
}

/// Takes its name from the first name that leads to it now, else from the first that once did.
base::Result<Image> Store::find_by_digest(std::string_view digest) const {
    auto image = read_image(digest);
    if (!image) return image;
    for (const auto& name : names()) {
        const auto history = read_history(name_path(name));
        if (!history) continue;
        const bool current = history->front().digest == digest;
        const auto entry = std::find_if(history->begin(), history->end(),
                                        [digest](const auto& each) { return each.digest == digest; });
        if (entry == history->end() || (!current && !image->name.empty())) continue;
        image->name = name;
        image->imported = entry->imported;
        image->source = entry->source;
        if (current) break;
    }
    return image;
}

base::Result<base::FileSlice> Store::open_file(std::string_view digest, std::string_view path) const {
    const auto image = read_image(digest);
    if (!image) return image.error();
    return open_file(*image, path);
}

base::Result<base::FileSlice> Store::open_file(const Image& image, std::string_view path) const {
    const auto* file = image.file(path);
    if (file == nullptr) {
        return base::Error(fmt::format("image {} has no file \"{}\"", image.digest, path),
                           std::make_error_code(std::errc::no_such_file_or_directory));
    }
    const auto* whole = file->inside.empty() ? file : image.file(file->inside);
    if (whole == nullptr || file->offset > whole->size || file->size > whole->size - file->offset) {
        return damaged(manifest_path(image.digest), fmt::format("{} does not lie in \"{}\"", path, file->inside));
    }
    auto fd = base::open_beneath(*root_, fmt::format("blobs/{}/{}", whole->sha256.substr(0, 2), whole->sha256));
    if (!fd) return fd.error();
    auto slice = base::whole_file(std::move(*fd), file->sha256);
    if (!slice) return slice.error();
    if (slice->length != whole->size) {
        return damaged(blob_path(whole->sha256),
                       fmt::format("{} has {} bytes, not {}", whole->path, slice->length, whole->size));
    }
    slice->offset = file->offset;
    slice->length = file->size;
    return slice;
}

}  // namespace musterd::images
