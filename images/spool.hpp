#pragma once

#include "server/base/bytes.hpp"
#include "server/base/fd.hpp"
#include "server/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::images {

/// A folder of its own for one import under way, on the store's file system, so that whole files can be renamed into
/// the store. It is locked for as long as it is used and goes with the object; what a killed import left behind is
/// removed when the next one starts.
class Spool {
public:
    /// A file that is complete, waiting for sync_files() and to be moved.
    struct File {
        std::filesystem::path location;
        std::uint64_t size = 0;
        std::string sha256;
    };

    static base::Result<Spool> open(const std::filesystem::path& spool_folder);
    Spool(Spool&&) = default;
    Spool& operator=(Spool&&) = delete;
    ~Spool();

    /// Copies `size` bytes of `source`, or fewer if it ends before, hashing as it goes; `copied` hears
    /// each piece (1 MiB at most) when it is written. A file that grows as fast as it is copied must not be followed
    /// until the disk is full.
    base::Result<File> copy(const base::Fd& source, std::uint64_t size,
                            const std::function<void(base::ByteView)>& copied);
    /// Writes what `next` gives, piece by piece, hashing as it goes, until it gives nothing.
    base::Result<File> fill(const std::function<base::Result<base::ByteView>()>& next);
    /// The same of a text, on disk (fsync) already.
    base::Result<File> write(std::string_view text);

private:
    Spool(std::filesystem::path folder, base::Fd lock) : folder_(std::move(folder)), lock_(std::move(lock)) {}
    base::Result<base::Fd> create_next(File& file);

    std::filesystem::path folder_;
    base::Fd lock_;
    int files_ = 0;
};

/// Brings files to disk. All are begun before the first is waited for, so that many small ones take little longer than
/// one: the file system commits them together.
base::Result<void> sync_files(const std::vector<std::filesystem::path>& files);
/// Renames a spooled file to its place, making the folder it goes to. Not durable before sync_folder() of that folder.
base::Result<void> move_into_place(const Spool::File& file, const std::filesystem::path& place);
/// What was renamed into `folder` stays there after a power cut.
base::Result<void> sync_folder(const std::filesystem::path& folder);
enum class FolderLock {
    alone,      ///< waits for others
    alone_now,  ///< an error when others have it
    shared,     ///< with all who share it; waits for one who wants it alone
};
/// Takes flock(2) on a folder; held until the result goes.
base::Result<base::Fd> lock_folder(const std::filesystem::path& folder, FolderLock how = FolderLock::alone);

}  // namespace musterd::images
