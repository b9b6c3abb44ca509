#include "images/byte_source.hpp"

#include <unistd.h>

#include <algorithm>

namespace musterd::images {

namespace {

constexpr std::size_t piece_bytes = 1U << 20U;

base::Error ends_early() {
    return base::Error("the file ends before what was to be read");
}

}  // namespace

base::Result<void> FileSource::read(std::uint64_t offset, std::span<std::uint8_t> target) const {
    while (!target.empty()) {
        const auto count = ::pread(fd_.get(), target.data(), target.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return base::Error::from_errno("read");
        if (count == 0) return ends_early();
        target = target.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

base::Result<void> MemorySource::read(std::uint64_t offset, std::span<std::uint8_t> target) const {
    if (offset > bytes_.size() || target.size() > bytes_.size() - offset) return ends_early();
    std::copy_n(bytes_.data() + offset, target.size(), target.data());
    return {};
}

base::Result<void> read_pieces(const ByteSource& source, std::uint64_t offset, std::uint64_t length,
                               const std::function<void(base::ByteView)>& each) {
    base::Bytes buffer(std::min<std::uint64_t>(piece_bytes, length));
    while (length > 0) {
        const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), length));
        const auto done = source.read(offset, piece);
        if (!done) return done;
        each(piece);
        offset += piece.size();
        length -= piece.size();
    }
    return {};
}

base::Result<base::Bytes> read_bytes(const ByteSource& source, std::uint64_t offset, std::size_t length) {
    base::Bytes bytes(length);
    const auto done = source.read(offset, bytes);
    if (!done) return done.error();
    return bytes;
}

}  // namespace musterd::images
