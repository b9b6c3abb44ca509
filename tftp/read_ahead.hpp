#pragma once

#include "server/base/bytes.hpp"
#include "server/base/fd.hpp"
#include "server/base/result.hpp"

#include <cstdint>

namespace musterd::tftp {

/// The bytes of a slice for a reader that goes forward, and a window back at times: one pread fills a buffer that
/// serves many blocks. pread waits for the disk when the file is not in the page cache.
class ReadAhead {
public:
    static constexpr std::size_t usual = 128U << 10U;

    explicit ReadAhead(base::FileSlice slice) : slice_(std::move(slice)) {}

    /// `length` bytes at `offset` of the slice; good until the next call. An error when the file has become shorter.
    base::Result<base::ByteView> read(std::uint64_t offset, std::size_t length);

private:
    base::Result<void> fill(std::uint64_t offset, std::size_t at_least);

    base::FileSlice slice_;
    base::Bytes buffer_;
    std::uint64_t begin_ = 0;  ///< place of the buffer in the slice
    std::size_t filled_ = 0;
};

}  // namespace musterd::tftp
