#include "server/app/socket_path.hpp"

#include <fmt/format.h>
#include <sys/un.h>

namespace musterd::app {

SocketPath::SocketPath(const profiles::Config& config) : file_(config.data_dir / "musterd.sock"), address_(file_) {
    if (address_.size() < sizeof(sockaddr_un::sun_path)) return;
    auto folder = base::open_folder(config.data_dir);
    // Without the folder there is no server either: connecting will say so.
    address_ = fmt::format("/proc/self/fd/{}/musterd.sock", folder ? folder->get() : -1);
    if (folder) folder_ = std::move(*folder);
}

}  // namespace musterd::app
