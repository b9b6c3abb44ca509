#include "images/iso_reader.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace musterd::images {

base::Result<IsoReader> IsoReader::open(const base::Fd& file) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return base::Error::from_errno("stat");
    if (!S_ISREG(status.st_mode)) return base::Error("not a regular file");
    return IsoReader(file, static_cast<std::uint64_t>(status.st_size));
}

base::Result<base::Bytes> IsoReader::read(std::uint64_t offset, std::size_t length) const {
    if (!holds(offset, length)) {
        return base::Error(
            fmt::format("{} bytes at {} are past the end of the file ({} bytes)", length, offset, size_));
    }
    base::Bytes bytes(length);
    for (std::size_t done = 0; done < length;) {
        const auto count = ::pread(file_->get(), bytes.data() + done, length - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return base::Error::from_errno(fmt::format("read at {}", offset + done));
        if (count == 0) return base::Error("the file became shorter while it was read");
        done += static_cast<std::size_t>(count);
    }
    return bytes;
}

}  // namespace musterd::images
