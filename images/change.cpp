#include "images/change.hpp"

#include "images/spool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace musterd::images {

namespace fs = std::filesystem;

namespace {

/// By the spool, as an import does: a half-written file beside the names would itself be taken for one.
base::Result<void> write_history(const Store& store, const std::string& name, const NameHistory& history) {
    auto spool = Spool::open(store.folder() / "spool");
    if (!spool) return spool.error();
    const auto file = spool->write(to_text(history));
    if (!file) return file.error();
    const auto moved = move_into_place(*file, store.name_path(name));
    if (!moved) return moved;
    return sync_folder(store.folder() / "names");
}

base::Result<void> take_name_away(const Store& store, const std::string& name) {
    std::error_code code;
    fs::remove(store.name_path(name), code);
    if (code) return base::Error(fmt::format("remove {}: {}", store.name_path(name).string(), code.message()), code);
    return sync_folder(store.folder() / "names");
}

base::Result<void> take_entry_away(const Store& store, const Reference& reference, NameHistory history) {
    const auto image = store.find(reference);
    if (!image) return image.error();
    if (history.front().digest == image->digest) {
        return base::Error(
            fmt::format("image \"{}\" leads to {} now: roll it back first (musterd image rollback {}), or "
                        "remove \"{}\" with its whole history",
                        reference.name, image->digest.substr(0, 12), reference.name, reference.name));
    }
    std::erase_if(history, [&image](const NameEntry& entry) { return entry.digest == image->digest; });
    return write_history(store, reference.name, history);
}

/// What some name leads to, or once led to.
struct Wanted {
    std::set<std::string> manifests;
    std::set<std::string> blobs;
};

base::Result<Wanted> wanted(const Store& store) {
    Wanted all;
    for (const auto& name : store.names()) {
        const auto history = store.history(name);
        if (!history) return history.error();
        for (const auto& entry : *history)
            all.manifests.insert(entry.digest);
    }
    for (const auto& digest : all.manifests) {
        const auto image = store.find(Reference{{}, digest});
        if (!image) return image.error();
        for (const auto& file : image->files) {
            if (file.inside.empty()) all.blobs.insert(file.sha256);
        }
    }
    return all;
}

std::vector<fs::path> files_under(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::recursive_directory_iterator each(folder, code), end; !code && each != end; each.increment(code)) {
        if (each->is_regular_file(code)) files.push_back(each->path());
    }
    return files;
}

/// Manifests first: a blob without an image is only waste, an image without its blobs is a lie.
base::Result<Removed> sweep(const Store& store) {
    const auto keep = wanted(store);
    if (!keep) return keep.error();
    Removed removed;
    std::error_code code;
    for (const auto& path : files_under(store.folder() / "manifests")) {
        if (keep->manifests.contains(path.stem().string())) continue;
        if (fs::remove(path, code)) ++removed.images;
    }
    for (const auto& path : files_under(store.folder() / "blobs")) {
        if (keep->blobs.contains(path.filename().string())) continue;
        const auto size = fs::file_size(path, code);
        if (!fs::remove(path, code)) continue;
        ++removed.files;
        removed.bytes += size;
    }
    return removed;
}

}  // namespace

base::Result<Image> roll_back(const Store& store, const std::string& name, base::Time now) {
    const auto lock = lock_folder(store.folder() / "names");
    if (!lock) return lock.error();
    const auto current = store.find(Reference{name, {}});
    if (!current) return current;
    auto history = store.history(name);
    if (!history) return history.error();
    const auto before =
        std::ranges::find_if(*history, [&current](const NameEntry& entry) { return entry.digest != current->digest; });
    if (before == history->end()) {
        return base::Error(fmt::format("image \"{}\" has led to nothing but {}: there is nothing to roll back to", name,
                                       current->digest.substr(0, 12)));
    }
    history->insert(history->begin(), NameEntry{before->digest, now, before->source});
    const auto written = write_history(store, name, *history);
    if (!written) return written.error();
    return store.find(Reference{name, {}});
}

base::Result<Removed> remove(const Store& store, const Reference& reference) {
    const auto quiet = lock_folder(store.folder() / "blobs", FolderLock::alone_now);
    if (!quiet) return base::Error("an import is under way: remove when it is done");
    const auto lock = lock_folder(store.folder() / "names");
    if (!lock) return lock.error();
    const auto history = store.history(reference.name);
    if (!history) return history.error();
    // What could not be swept afterwards is not begun.
    if (const auto readable = wanted(store); !readable) return readable.error();
    const auto taken =
        reference.digest.empty() ? take_name_away(store, reference.name) : take_entry_away(store, reference, *history);
    if (!taken) return taken.error();
    return sweep(store);
}

}  // namespace musterd::images
