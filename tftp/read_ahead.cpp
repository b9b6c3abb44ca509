#include "tftp/read_ahead.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace musterd::tftp {

base::Result<base::ByteView> ReadAhead::read(std::uint64_t offset, std::size_t length) {
    const bool held = offset >= begin_ && offset + length <= begin_ + filled_;
    if (!held) {
        const auto filled = fill(offset, length);
        if (!filled) return filled.error();
    }
    return base::ByteView(buffer_).subspan(static_cast<std::size_t>(offset - begin_), length);
}

base::Result<void> ReadAhead::fill(std::uint64_t offset, std::size_t at_least) {
    if (offset > slice_.length || at_least > slice_.length - offset)
        return base::Error("read behind the end of the file");
    const auto wanted = std::min<std::uint64_t>(std::max(at_least, usual), slice_.length - offset);
    buffer_.resize(std::max(buffer_.size(), static_cast<std::size_t>(wanted)));
    begin_ = offset;
    filled_ = 0;
    while (filled_ < wanted) {
        const auto place = static_cast<off_t>(slice_.offset + begin_ + filled_);
        const auto count = ::pread(slice_.fd->get(), buffer_.data() + filled_, wanted - filled_, place);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return base::Error::from_errno("read");
        if (count == 0) break;
        filled_ += static_cast<std::size_t>(count);
    }
    if (filled_ < at_least) return base::Error("the file became shorter while it was sent");
    return {};
}

}  // namespace musterd::tftp
