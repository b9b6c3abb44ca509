#include "server/app/data_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

namespace musterd::app {

base::Result<base::Fd> lock_data_folder(const std::filesystem::path& folder) {
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    if (code) return base::Error(fmt::format("data_dir {}: {}", folder.string(), code.message()), code);
    const auto file = folder / "lock";
    base::Fd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!lock) {
        const auto why = base::Error::from_errno(fmt::format("data_dir {} cannot be written", folder.string()));
        return base::Error(why.message() + "; give it to the user that runs musterd, or set data_dir", why.code());
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return base::Error(
            fmt::format("data_dir {} is in use by another musterd (who: fuser {})", folder.string(), file.string()));
    }
    return lock;
}

}  // namespace musterd::app
