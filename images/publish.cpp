#include "images/publish.hpp"

#include "images/name_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace musterd::images {

namespace fs = std::filesystem;

namespace {

/// Blobs that are there already are replaced by the same bytes: that mends one that was damaged, and a reader keeps
/// the file that it has open.
base::Result<void> store_blobs(const Store& store, const SpooledFiles& spooled) {
    std::vector<fs::path> files;
    for (const auto& [digest, file] : spooled)
        files.push_back(file.location);
    if (const auto synced = sync_files(files); !synced) return synced;
    std::set<fs::path> touched = {store.folder() / "blobs"};
    for (const auto& [digest, file] : spooled) {
        const auto place = store.blob_path(digest);
        const auto moved = move_into_place(file, place);
        if (!moved) return moved;
        touched.insert(place.parent_path());
    }
    for (const auto& folder : touched) {
        const auto synced = sync_folder(folder);
        if (!synced) return synced;
    }
    return {};
}

base::Result<void> store_text(Spool& spool, std::string_view text, const fs::path& place) {
    const auto file = spool.write(text);
    if (!file) return file.error();
    const auto moved = move_into_place(*file, place);
    if (!moved) return moved;
    return sync_folder(place.parent_path());
}

/// The last step, and the only one that anyone sees. Two imports of one name take turns; both stay in its history.
/// True when the name led to this content before.
base::Result<bool> point_name(const Store& store, Spool& spool, Image& image) {
    const auto lock = lock_folder(store.folder() / "names");
    if (!lock) return lock.error();
    const auto place = store.name_path(image.name);
    NameHistory history;
    std::error_code code;
    if (fs::exists(place, code)) {
        const auto text = base::read_file(place);
        if (!text) return text.error();
        auto parsed = parse_name_history(*text);
        if (!parsed) return base::Error(fmt::format("{} is damaged: {}", place.string(), parsed.error().message()));
        history = std::move(*parsed);
    }
    if (!history.empty() && history.front().digest == image.digest) {
        image.imported = history.front().imported;
        image.source = history.front().source;
        return true;
    }
    history.insert(history.begin(), {image.digest, image.imported, image.source});
    const auto stored = store_text(spool, to_text(history), place);
    if (!stored) return stored.error();
    return false;
}

/// Resolved, for a `nix build` result is a link into the store; empty when it cannot stand in a line.
std::string provenance(const fs::path& source) {
    std::error_code code;
    const auto resolved = fs::canonical(source, code);
    const auto text = (code ? source : resolved).string();
    return is_argument(text) ? text : std::string();
}

}  // namespace

Image image_for(const ImportRequest& request) {
    Image image;
    image.name = request.name;
    image.imported = request.time;
    image.source = provenance(request.source);
    image.args = request.args;
    return image;
}

void Meter::begin(Progress::Step step, std::string_view file) {
    now_.step = step;
    now_.file = file;
    add(0);
}

void Meter::add(std::uint64_t bytes) {
    now_.done += bytes;
    if (callback_) callback_(now_);
}

base::Result<Imported> publish(const Store& store, Spool& spool, const SpooledFiles& spooled, Image image,
                               Meter& meter) {
    const auto by_path = [](const ImageFile& a, const ImageFile& b) { return a.path < b.path; };
    std::sort(image.files.begin(), image.files.end(), by_path);
    image.digest = digest_of(image);

    // From here on until the name leads to them, these files look like nobody's: nothing may be swept.
    const auto unswept = lock_folder(store.folder() / "blobs", FolderLock::shared);
    if (!unswept) return unswept.error();
    meter.begin(Progress::Step::storing, {});
    const auto blobs = store_blobs(store, spooled);
    if (!blobs) return blobs.error();
    const auto manifest_stored = store_text(spool, manifest(image), store.manifest_path(image.digest));
    if (!manifest_stored) return manifest_stored.error();

    meter.begin(Progress::Step::naming, {});
    const auto unchanged = point_name(store, spool, image);
    if (!unchanged) return unchanged.error();
    return Imported{std::move(image), *unchanged, {}};
}

}  // namespace musterd::images
