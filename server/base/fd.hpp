#pragma once

#include "server/base/bytes.hpp"
#include "server/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace musterd::base {

/// A file descriptor that is closed once. -1 is "none".
class Fd {
public:
    Fd() = default;
    explicit Fd(int number) : number_(number) {}
    Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd();

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] int release() { return std::exchange(number_, -1); }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_ = -1;
};

/// A run of bytes of an open file: the one currency that TFTP and HTTP send. Cheap to copy; the descriptor lives as
/// long as any slice of it. `etag` is the strong entity tag without quotes (a content digest), empty if there is none.
struct FileSlice {
    std::shared_ptr<const Fd> fd;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::string etag;
};

/// Opens a folder to resolve names beneath.
Result<Fd> open_folder(const std::filesystem::path& folder);

/// Opens `path` for reading beneath `folder`: no "..", no absolute path, no link that leaves it (openat2 with
/// RESOLVE_BENEATH). Only regular files; anything else is EISDIR. Never blocks on a FIFO.
Result<Fd> open_beneath(const Fd& folder, const std::string& path);

/// The whole of an open regular file.
Result<FileSlice> whole_file(Fd fd, std::string etag = {});

/// A slice over bytes made at run time (a script, an overlay), in an anonymous sealed memory file.
Result<FileSlice> slice_of_bytes(ByteView bytes, std::string etag = {});

/// Reads a small file whole; more than `limit` bytes is an error (EFBIG).
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = 16U << 20U);

/// Writes `text` so that a crash leaves the old file or the new one: temporary beside it, fsync, rename, fsync folder.
Result<void> write_file_durably(const std::filesystem::path& path, std::string_view text, unsigned mode = 0644);

}  // namespace musterd::base
