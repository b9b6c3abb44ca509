#include "server/app/doctor/server.hpp"

#include "server/app/client.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace musterd::app::doctor {

namespace {

/// 0 when it is not told: nobody listens there, or from within another PID namespace.
std::uint32_t listener_of(const SocketPath& path) {
    const base::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.address().copy(&address.sun_path[0], sizeof address.sun_path - 1);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return 0;
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
    return peer.pid > 0 ? static_cast<std::uint32_t>(peer.pid) : 0;
}

/// Of namespaces that cannot be compared it is taken that they are one.
bool shares_network_with(std::uint32_t pid) {
    std::error_code code;
    const auto own = std::filesystem::read_symlink("/proc/self/ns/net", code);
    const auto other = std::filesystem::read_symlink(fmt::format("/proc/{}/ns/net", pid), code);
    return code || own == other;
}

}  // namespace

ServerSeen look_at_server(const profiles::Config& config) {
    ServerSeen seen;
    seen.pid = listener_of(SocketPath(config));
    const auto answer = Client(SocketPath(config)).get("/healthz");
    if (answer && answer->status == 200) {
        seen.socket = Outcome::answered;
        seen.same_network = seen.pid == 0 || shares_network_with(seen.pid);
    } else if (answer) {
        seen.socket = Outcome::refused;
        seen.error = fmt::format("the server is not well: {}", error_of(*answer));
    } else {
        const bool forbidden = answer.error().code() == std::errc::permission_denied;
        seen.socket = forbidden ? Outcome::not_permitted : Outcome::silent;
        seen.error = answer.error().message();
    }
    return seen;
}

}  // namespace musterd::app::doctor
