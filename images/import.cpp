#include "images/import.hpp"

#include "images/kind.hpp"
#include "images/name_history.hpp"
#include "images/roles.hpp"
#include "images/source_folder.hpp"
#include "images/spool.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

namespace musterd::images {

namespace fs = std::filesystem;

namespace {

base::Result<base::Bytes> read_head(const base::Fd& fd, const SourceFile& file) {
    base::Bytes head(std::min<std::uint64_t>(recognize_bytes, file.stamp.size));
    std::size_t filled = 0;
    while (filled < head.size()) {
        const auto count = ::pread(fd.get(), head.data() + filled, head.size() - filled, static_cast<off_t>(filled));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return base::Error::from_errno("read " + file.path);
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    head.resize(filled);
    return head;
}

/// Looks at every file before anything is copied, so that a refusal comes at once.
base::Result<Roles> recognize_folder(const SourceFolder& source) {
    std::vector<Candidate> candidates;
    for (const auto& file : source.files) {
        const auto fd = open_source(file);
        if (!fd) return fd.error();
        const auto head = read_head(*fd, file);
        if (!head) return head.error();
        candidates.push_back({file.path, recognize(*head)});
    }
    return choose_roles(candidates);
}

/// Calls back with the bytes of all files added up.
class Meter {
public:
    Meter(const ProgressCallback& callback, const SourceFolder& source) : callback_(callback) {
        for (const auto& file : source.files) {
            now_.total += file.stamp.size;
        }
    }
    void begin(Progress::Step step, std::string_view file) {
        now_.step = step;
        now_.file = file;
        add(0);
    }
    void add(std::uint64_t bytes) {
        now_.done += bytes;
        if (callback_) callback_(now_);
    }

private:
    const ProgressCallback& callback_;
    Progress now_;
};

base::Result<Spool::File> copy_file(Spool& spool, const SourceFile& file, Meter& meter) {
    const auto fd = open_source(file);
    if (!fd) return fd.error();
    meter.begin(Progress::Step::reading, file.path);
    auto copied = spool.copy(*fd, file.stamp.size, [&meter](std::uint64_t bytes) { meter.add(bytes); });
    if (!copied) {
        return base::Error(fmt::format("{}: {}", file.path, copied.error().message()), copied.error().code());
    }
    const auto same = check_unchanged(*fd, file);
    if (!same) return same.error();
    if (copied->size != file.stamp.size) return changed(file);
    return copied;
}

/// Files by digest: what is in the folder twice is stored once.
using SpooledFiles = std::map<std::string, Spool::File>;

base::Result<SpooledFiles> spool_files(Spool& spool, const SourceFolder& source, Image& image, Meter& meter) {
    SpooledFiles spooled;
    for (const auto& file : source.files) {
        auto copied = copy_file(spool, file, meter);
        if (!copied) return copied.error();
        image.files.push_back({file.path, copied->size, copied->sha256});
        spooled.emplace(copied->sha256, std::move(*copied));
    }
    return spooled;
}

/// Blobs that are there already are replaced by the same bytes: that mends one that was damaged, and a reader keeps
/// the file that it has open.
base::Result<void> store_blobs(const Store& store, const SpooledFiles& spooled) {
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
        return true;
    }
    history.insert(history.begin(), {image.digest, image.imported});
    const auto stored = store_text(spool, to_text(history), place);
    if (!stored) return stored.error();
    return false;
}

base::Result<void> check(const ImportRequest& request) {
    if (!is_name(request.name)) {
        return base::Error(
            fmt::format("\"{}\" is not an image name: a-z, 0-9, '.', '_' and '-', at most 64, starting "
                        "with a letter or digit",
                        request.name));
    }
    for (const auto& arg : request.args) {
        if (!is_argument(arg)) return base::Error("a kernel argument is empty or holds control characters");
    }
    return {};
}

base::Result<Imported> copy_and_publish(const Store& store, const ImportRequest& request, const SourceFolder& source,
                                        Image image) {
    auto spool = Spool::open(store.folder() / "spool");
    if (!spool) return spool.error();
    Meter meter(request.progress, source);
    const auto spooled = spool_files(*spool, source, image, meter);
    if (!spooled) return spooled.error();
    image.digest = digest_of(image);

    // From here on until the name leads to them, these files look like nobody's: nothing may be swept.
    const auto unswept = lock_folder(store.folder() / "blobs", FolderLock::shared);
    if (!unswept) return unswept.error();
    meter.begin(Progress::Step::storing, {});
    const auto blobs = store_blobs(store, *spooled);
    if (!blobs) return blobs.error();
    const auto manifest_stored = store_text(*spool, manifest(image), store.manifest_path(image.digest));
    if (!manifest_stored) return manifest_stored.error();

    meter.begin(Progress::Step::naming, {});
    const auto unchanged = point_name(store, *spool, image);
    if (!unchanged) return unchanged.error();
    return Imported{std::move(image), *unchanged, {}};
}

}  // namespace

base::Result<Imported> import_folder(const Store& store, const ImportRequest& request) {
    const auto checked = check(request);
    if (!checked) return checked.error();
    const auto source = scan_folder(request.source);
    if (!source) return source.error();
    const auto roles = recognize_folder(*source);
    if (!roles) {
        return base::Error(fmt::format("{}: {}", request.source.string(), roles.error().message()),
                           roles.error().code());
    }
    Image image;
    image.name = request.name;
    image.arch = roles->arch;
    image.imported = request.time;
    image.kernel = roles->kernel;
    image.initrds = roles->initrds;
    image.args = request.args;
    auto notes = source->notes;
    if (const auto known = add_kind(*source, request.source, image, notes); !known) {
        return base::Error(fmt::format("{}: {}", request.source.string(), known.error().message()));
    }
    auto imported = copy_and_publish(store, request, *source, std::move(image));
    if (!imported) return imported;
    imported->notes = std::move(notes);
    imported->notes.insert(imported->notes.end(), roles->notes.begin(), roles->notes.end());
    return imported;
}

}  // namespace musterd::images
