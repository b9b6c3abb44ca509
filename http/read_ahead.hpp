#pragma once

#include "server/base/fd.hpp"

#include <cstdint>

namespace musterd::http {

/// Has the kernel fetch a file from its disk before it is sent: sendfile(2) of what is not in memory blocks its thread,
/// and with it every other connection that the thread serves. One for each body.
class ReadAhead {
public:
    /// Bytes that are fetched before they are needed: 40 ms of a disk that reads 100 MB/s.
    static constexpr std::uint64_t window = 4U << 20U;

    /// Asks for what follows the start of `rest`, as far as it is not in memory. False when its next `turn` bytes are
    /// not there yet; true, too, where the file system cannot tell (preadv2(2), RWF_NOWAIT).
    bool look(const base::FileSlice& rest, std::uint64_t turn);

private:
    std::uint64_t asked_ = 0;  ///< offset in the file up to which the kernel was asked
};

}  // namespace musterd::http
