#include "http/listener.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <tuple>
#include <utility>

namespace musterd::http {

namespace {

/// As many as the kernel allows (net.core.somaxconn): a rack that is switched on connects in one second.
constexpr int backlog = SOMAXCONN;

struct Address {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);

    [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

base::Error tcp_error(const std::string& address, std::uint16_t port, int number) {
    const auto where = fmt::format("listen on TCP {}port {}", address.empty() ? "" : address + " ", port);
    const auto error = base::Error::from_errno(where, number);
    std::string cure;
    if (number == EADDRINUSE) cure = fmt::format("; another program holds it: ss -ltnp 'sport = :{}'", port);
    if (number == EACCES) cure = "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
    if (number == EADDRNOTAVAIL) cure = "; no interface here has that address: ip address";
    return base::Error(error.message() + cure, error.code());
}

base::Result<base::Fd> listen_at(const Address& address, int& number) {
    base::Fd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    const int off = 0;
    const bool six = address.storage.ss_family == AF_INET6;
    const bool ok = socket && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                    (!six || ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) &&
                    ::bind(socket.get(), address.get(), address.size) == 0 && ::listen(socket.get(), backlog) == 0;
    number = errno;
    if (!ok) return base::Error::from_errno("listen", number);
    return socket;
}

base::Result<Address> numeric_address(const std::string& text, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(text.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
        return base::Error(fmt::format("listen on TCP {} port {}: \"{}\" is not an IP address", text, port, text));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    Address address;
    std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    address.size = found->ai_addrlen;
    return address;
}

/// Whether somebody accepts on the socket file; a full queue (EAGAIN) is somebody too.
bool is_served(const sockaddr_un& address) {
    const base::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int result = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return result == 0 || errno == EAGAIN;
}

base::Result<void> clear_stale(const std::string& path, const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return {};
    if (!S_ISSOCK(status.st_mode)) return base::Error(fmt::format("listen on {}: it is not a socket", path));
    if (is_served(address)) {
        return base::Error(fmt::format("listen on {}: another process serves it already", path),
                           std::make_error_code(std::errc::address_in_use));
    }
    if (::unlink(path.c_str()) != 0) return base::Error::from_errno("remove old socket " + path);
    return {};
}

std::pair<std::string, std::uint16_t> describe(const Address& address) {
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> service{};
    const int result = ::getnameinfo(address.get(), address.size, host.data(), host.size(), service.data(),
                                     service.size(), NI_NUMERICHOST | NI_NUMERICSERV);
    if (result != 0) return {};
    std::string_view text = host.data();
    constexpr std::string_view mapped = "::ffff:";  // RFC 4291 2.5.5.2: an IPv4 client on a dual-stack socket
    if (text.starts_with(mapped) && text.find('.') != std::string_view::npos) text.remove_prefix(mapped.size());
    return {std::string(text), static_cast<std::uint16_t>(std::stoul(service.data()))};
}

Address local_address(const base::Fd& socket) {
    Address address;
    if (::getsockname(socket.get(), address.get(), &address.size) != 0) address.storage.ss_family = AF_UNSPEC;
    return address;
}

}  // namespace

base::Result<base::Fd> open_tcp_listener(const std::string& address, std::uint16_t port) {
    int number = 0;
    auto place = numeric_address(address.empty() ? "::" : address, port);
    if (!place) return place.error();
    auto socket = listen_at(*place, number);
    if (!socket && address.empty() && (number == EAFNOSUPPORT || number == EADDRNOTAVAIL)) {
        place = numeric_address("0.0.0.0", port);
        socket = listen_at(*place, number);
    }
    if (!socket) return tcp_error(address, port, number);
    return socket;
}

base::Result<base::Fd> open_unix_listener(const std::string& path, unsigned mode) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return base::Error(
            fmt::format("listen on {}: a socket's path has 1 to {} characters", path, sizeof address.sun_path - 1));
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    const auto cleared = clear_stale(path, address);
    if (!cleared) return cleared.error();
    base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // Nobody can connect between bind and listen, so the mode holds from the first connection on.
    const bool ok = socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                    ::chmod(path.c_str(), static_cast<mode_t>(mode)) == 0 && ::listen(socket.get(), backlog) == 0;
    if (!ok) return base::Error::from_errno("listen on " + path);
    return socket;
}

std::uint16_t bound_port(const base::Fd& socket) {
    return describe(local_address(socket)).second;
}

Ends identify(const base::Fd& socket) {
    Ends ends;
    const auto local = local_address(socket);
    ends.family = local.storage.ss_family;
    if (ends.family == AF_UNIX) {
        ucred credentials{};
        socklen_t size = sizeof credentials;
        if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
            ends.credentials = PeerCredentials{credentials.uid, credentials.gid, credentials.pid};
        }
        return ends;
    }
    Address peer;
    if (::getpeername(socket.get(), peer.get(), &peer.size) == 0) ends.peer = describe(peer).first;
    std::tie(ends.local, ends.local_port) = describe(local);
    return ends;
}

base::Result<base::Fd> accept_from(int listener) {
    base::Fd socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return base::Error::from_errno("accept");
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // fails on a Unix socket, which has no delay
    return socket;
}

}  // namespace musterd::http
