#include "tftp/read_ahead.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace musterd::tftp {

base::Result<base::ByteView> ReadAhead::read(std::uint64_t offset, std::size_t length) {
    thread_local base::Bytes shared;
    if (offset >= begin_ && offset + length <= begin_ + filled_)
        return base::ByteView(buffer_).subspan(static_cast<std::size_t>(offset - begin_), length);
    if (offset > slice_.length || length > slice_.length - offset)
        return base::Error("read behind the end of the file");

    const bool own = length < large;
    auto& buffer = own ? buffer_ : shared;
    const auto wanted = own ? std::min<std::uint64_t>(ahead, slice_.length - offset) : length;
    if (own) filled_ = 0;
    const auto filled = fill(buffer, offset, static_cast<std::size_t>(wanted));
    if (!filled) return filled.error();
    if (*filled < length) return base::Error("the file became shorter while it was sent");
    if (own) {
        begin_ = offset;
        filled_ = *filled;
    }
    return base::ByteView(buffer).first(length);
}

/// As many as the file has; buffers grow and are not shrunk.
base::Result<std::size_t> ReadAhead::fill(base::Bytes& buffer, std::uint64_t offset, std::size_t wanted) const {
    buffer.resize(std::max(buffer.size(), wanted));
    std::size_t filled = 0;
    while (filled < wanted) {
        const auto place = static_cast<off_t>(slice_.offset + offset + filled);
        const auto count = ::pread(slice_.fd->get(), buffer.data() + filled, wanted - filled, place);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return base::Error::from_errno("read");
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    return filled;
}

}  // namespace musterd::tftp
