#pragma once

#include "server/base/bytes.hpp"
#include "server/base/fd.hpp"
#include "server/base/result.hpp"

#include <cstdint>

namespace musterd::tftp {

/// The bytes of a slice for a reader that goes forward, and a window back at times. Small reads are served from a
/// buffer of its own that one pread fills for many. A large one, a window, is one pread into a buffer that all readers
/// of the thread share: with hundreds of transfers that one stays in the processor's cache, and theirs would not.
/// pread waits for the disk when the file is not in the page cache.
class ReadAhead {
public:
    static constexpr std::size_t ahead = 8U << 10U;
    static constexpr std::size_t large = 8U << 10U;

    explicit ReadAhead(base::FileSlice slice) : slice_(std::move(slice)) {}

    /// `length` bytes at `offset` of the slice; good until the next call to any reader of this thread. An error when
    /// the file has become shorter.
    base::Result<base::ByteView> read(std::uint64_t offset, std::size_t length);

private:
    [[nodiscard]] base::Result<std::size_t> fill(base::Bytes& buffer, std::uint64_t offset, std::size_t wanted) const;

    base::FileSlice slice_;
    base::Bytes buffer_;
    std::uint64_t begin_ = 0;  ///< place of the buffer in the slice
    std::size_t filled_ = 0;
};

}  // namespace musterd::tftp
