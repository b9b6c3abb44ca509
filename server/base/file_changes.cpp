#include "server/base/file_changes.hpp"

#include "server/base/fd.hpp"
#include "server/base/tasks.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

namespace musterd::base {

namespace {

constexpr std::uint32_t interesting = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE;

using Names = std::set<std::string, std::less<>>;

bool matters(const inotify_event& event, std::string_view name, const Names& wanted) {
    if ((event.mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_ISDIR)) != 0) return true;
    // A file that was only made is still being written; its end is told too. A link is whole at once.
    const bool begun = (event.mask & IN_CREATE) != 0 && !name.starts_with("..");
    return !begun && (name.ends_with(".toml") || name.starts_with("..") || wanted.contains(name));
}

}  // namespace

Result<FileChanges> FileChanges::open(const boost::asio::any_io_executor& executor) {
    Fd queue(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!queue) return Error::from_errno("watch the configuration's folders");
    return FileChanges(boost::asio::posix::stream_descriptor(executor, queue.release()));
}

Result<void> FileChanges::watch(const std::filesystem::path& folder) {
    if (::inotify_add_watch(queue_.native_handle(), folder.c_str(), interesting | IN_ONLYDIR) < 0)
        return Error::from_errno("watch " + folder.string());
    return {};
}

Result<void> FileChanges::watch_file(const std::filesystem::path& file) {
    names_.insert(file.filename().string());
    return watch(file.parent_path());
}

boost::asio::awaitable<bool> FileChanges::wait() {
    const auto readable = boost::asio::posix::descriptor_base::wait_read;
    for (;;) {
        const auto [code] = co_await queue_.async_wait(readable, as_result);
        if (code) co_return false;
        if (drain()) co_return true;
    }
}

bool FileChanges::drain() {
    bool found = false;
    alignas(inotify_event) std::array<char, 16384> buffer{};
    for (;;) {
        const auto count = ::read(queue_.native_handle(), buffer.data(), buffer.size());
        if (count <= 0) return found;
        for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
            const auto& event = *reinterpret_cast<const inotify_event*>(buffer.data() + at);
            const auto* name = event.len > 0 ? buffer.data() + at + sizeof(inotify_event) : "";
            found = matters(event, name, names_) || found;
            at += sizeof(inotify_event) + event.len;
        }
    }
}

}  // namespace musterd::base
