#include "images/spool.hpp"

#include "images/digest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace musterd::images {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t buffer_bytes = 1U << 20U;

/// Nothing may write to a file of the store, not even its owner by mistake.
constexpr unsigned blob_mode = 0444;

base::Result<base::Fd> open_and_lock(const fs::path& folder, int operation) {
    base::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return base::Error::from_errno("open folder " + folder.string());
    int result = 0;
    do {
        result = ::flock(fd.get(), operation);
    } while (result != 0 && errno == EINTR);
    if (result != 0) return base::Error::from_errno("lock " + folder.string());
    return fd;
}

/// A folder that nobody has locked belongs to an import that died: a live one holds its lock.
void remove_dead(const fs::path& spool_folder) {
    std::error_code code;
    for (fs::directory_iterator each(spool_folder, code), end; !code && each != end; each.increment(code)) {
        const auto dead = open_and_lock(each->path(), LOCK_EX | LOCK_NB);
        std::error_code ignored;
        if (dead) fs::remove_all(each->path(), ignored);
    }
}

base::Error write_error(const fs::path& location, int number) {
    if (number != ENOSPC && number != EDQUOT) return base::Error::from_errno("write " + location.string(), number);
    const std::error_code code(number, std::generic_category());
    return base::Error(fmt::format("{}: {}; make room there, or set data_dir to a larger file system",
                                   location.parent_path().string(), code.message()),
                       code);
}

base::Result<void> write_all(const base::Fd& fd, base::ByteView bytes, const fs::path& location) {
    while (!bytes.empty()) {
        const auto count = ::write(fd.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return write_error(location, errno);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

base::Result<base::ByteView> read_some(const base::Fd& fd, base::Bytes& buffer, std::uint64_t most) {
    while (true) {
        const auto count = ::read(fd.get(), buffer.data(), std::min<std::uint64_t>(buffer.size(), most));
        if (count >= 0) return base::ByteView(buffer).first(static_cast<std::size_t>(count));
        if (errno != EINTR) return base::Error::from_errno("read");
    }
}

}  // namespace

base::Result<Spool> Spool::open(const fs::path& spool_folder) {
    // Held until our own folder is locked, so that no other import takes it for a dead one.
    const auto guard = lock_folder(spool_folder);
    if (!guard) return guard.error();
    remove_dead(spool_folder);
    auto name = (spool_folder / fmt::format("{}-XXXXXX", ::getpid())).string();
    if (::mkdtemp(name.data()) == nullptr) return base::Error::from_errno("make folder in " + spool_folder.string());
    auto lock = open_and_lock(name, LOCK_EX | LOCK_NB);
    if (!lock) return lock.error();
    return Spool(name, std::move(*lock));
}

Spool::~Spool() {
    if (!lock_) return;
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

base::Result<base::Fd> Spool::create_next(File& file) {
    file.location = folder_ / std::to_string(files_++);
    base::Fd fd(::open(file.location.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, blob_mode));
    if (!fd) return write_error(file.location, errno);
    return fd;
}

base::Result<Spool::File> Spool::fill(const std::function<base::Result<base::ByteView>()>& next) {
    File file;
    const auto target = create_next(file);
    if (!target) return target.error();
    Sha256 digest;
    while (true) {
        const auto piece = next();
        if (!piece) return piece.error();
        if (piece->empty()) break;
        digest.update(*piece);
        const auto written = write_all(*target, *piece, file.location);
        if (!written) return written.error();
        file.size += piece->size();
    }
    file.sha256 = digest.finish();
    return file;
}

base::Result<Spool::File> Spool::copy(const base::Fd& source, std::uint64_t size,
                                      const std::function<void(base::ByteView)>& copied) {
    ::posix_fadvise(source.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    base::Bytes buffer(buffer_bytes);
    base::ByteView last;
    return fill([&]() -> base::Result<base::ByteView> {
        // Told of a piece when it is written: the next one is asked for then.
        if (!last.empty()) copied(last);
        auto piece = read_some(source, buffer, size);
        last = piece ? *piece : base::ByteView();
        size -= last.size();
        return piece;
    });
}

base::Result<Spool::File> Spool::write(std::string_view text) {
    auto rest = base::as_bytes(text);
    auto file = fill([&]() -> base::Result<base::ByteView> { return std::exchange(rest, {}); });
    if (!file) return file;
    if (const auto synced = sync_files({file->location}); !synced) return synced.error();
    return file;
}

base::Result<void> sync_files(const std::vector<fs::path>& files) {
    for (const auto& location : files) {
        const base::Fd fd(::open(location.c_str(), O_RDONLY | O_CLOEXEC));
        if (fd) ::sync_file_range(fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    }
    for (const auto& location : files) {
        const base::Fd fd(::open(location.c_str(), O_RDONLY | O_CLOEXEC));
        // Delayed allocation may find only now that the disk is full.
        if (!fd || ::fsync(fd.get()) != 0) return write_error(location, errno);
    }
    return {};
}

base::Result<void> move_into_place(const Spool::File& file, const fs::path& place) {
    std::error_code code;
    fs::create_directories(place.parent_path(), code);
    if (!code) fs::rename(file.location, place, code);
    if (code) return base::Error(fmt::format("move to {}: {}", place.string(), code.message()), code);
    return {};
}

base::Result<void> sync_folder(const fs::path& folder) {
    const base::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) return base::Error::from_errno("fsync " + folder.string());
    return {};
}

base::Result<base::Fd> lock_folder(const fs::path& folder, FolderLock how) {
    switch (how) {
        case FolderLock::alone:
            return open_and_lock(folder, LOCK_EX);
        case FolderLock::alone_now:
            return open_and_lock(folder, LOCK_EX | LOCK_NB);
        case FolderLock::shared:
            return open_and_lock(folder, LOCK_SH);
    }
    return base::Error("no such lock");
}

}  // namespace musterd::images
