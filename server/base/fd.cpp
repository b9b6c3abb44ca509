#include "server/base/fd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace musterd::base {

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        if (number_ >= 0) ::close(number_);
        number_ = std::exchange(other.number_, -1);
    }
    return *this;
}

Fd::~Fd() {
    if (number_ >= 0) ::close(number_);
}

namespace {

Result<void> write_all(int fd, std::string_view text, const std::string& name) {
    while (!text.empty()) {
        const auto count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Error::from_errno("write " + name);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<std::uint64_t> regular_size(const Fd& fd, const std::string& name) {
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return Error::from_errno("stat " + name);
    if (!S_ISREG(status.st_mode)) return Error::from_errno("open " + name, EISDIR);
    return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

Result<Fd> open_folder(const std::filesystem::path& folder) {
    Fd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return Error::from_errno("open folder " + folder.string());
    return fd;
}

Result<Fd> open_beneath(const Fd& folder, const std::string& path) {
    if (path.empty() || path.find('\0') != std::string::npos) return Error::from_errno("open " + path, ENOENT);
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    long number = -1;
    do {  // EAGAIN: a rename raced with the walk (openat2(2)); it settles.
        number = ::syscall(SYS_openat2, folder.get(), path.c_str(), &how, sizeof how);
    } while (number < 0 && (errno == EAGAIN || errno == EINTR));
    if (number < 0) return Error::from_errno("open " + path);
    Fd fd(static_cast<int>(number));
    const auto size = regular_size(fd, path);
    if (!size) return size.error();
    return fd;
}

Result<FileSlice> whole_file(Fd fd, std::string etag) {
    const auto size = regular_size(fd, "file");
    if (!size) return size.error();
    return FileSlice{std::make_shared<const Fd>(std::move(fd)), 0, *size, std::move(etag)};
}

Result<FileSlice> slice_of_bytes(ByteView bytes, std::string etag) {
    Fd fd(::memfd_create("musterd", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return Error::from_errno("memfd_create");
    const auto written = write_all(fd.get(), as_text(bytes), "memory file");
    if (!written) return written.error();
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
        return Error::from_errno("seal memory file");
    }
    return whole_file(std::move(fd), std::move(etag));
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) return Error::from_errno("open " + path.string());
    const auto size = regular_size(fd, path.string());
    if (!size) return size.error();
    std::string text;
    char buffer[16384];
    while (true) {
        const auto count = ::read(fd.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Error::from_errno("read " + path.string());
        if (count == 0) return text;
        text.append(buffer, static_cast<std::size_t>(count));
        if (text.size() > limit) return Error::from_errno("read " + path.string(), EFBIG);
    }
}

Result<void> write_file_durably(const std::filesystem::path& path, std::string_view text, unsigned mode) {
    const auto temporary = fmt::format("{}.{}.tmp", path.string(), ::getpid());
    {
        const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
        if (!fd) return Error::from_errno("create " + temporary);
        auto done = write_all(fd.get(), text, temporary);
        if (done && ::fsync(fd.get()) != 0) done = Error::from_errno("fsync " + temporary);
        if (!done) {
            ::unlink(temporary.c_str());
            return done;
        }
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        const auto error = Error::from_errno("rename to " + path.string());
        ::unlink(temporary.c_str());
        return error;
    }
    const Fd folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::fsync(folder.get()) != 0) return Error::from_errno("fsync " + path.parent_path().string());
    return {};
}

}  // namespace musterd::base
