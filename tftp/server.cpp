#include "tftp/server.hpp"

#include "tftp/server_core.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

namespace musterd::tftp {

namespace {

constexpr int datagrams_per_turn = 64;      // then sessions have their turn
constexpr std::uint16_t window_limit = 64;  // blocks
constexpr int listening_buffer = 4 << 20;   // bytes: a rack that is switched on asks all at once

/// Beyond the system's limits for sockets, where we may (CAP_NET_ADMIN).
void enlarge(int socket) {
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &listening_buffer, sizeof listening_buffer);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &listening_buffer, sizeof listening_buffer);
}

std::uint32_t transfers_for_descriptors(rlim_t each) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return UINT32_MAX;
    return static_cast<std::uint32_t>(std::clamp<rlim_t>(limit.rlim_cur / 4 * 3 / each, 1, UINT32_MAX));
}

unsigned mtu_of(int socket, unsigned interface) {
    ifreq query{};
    if (::if_indextoname(interface, query.ifr_name) == nullptr) return 1500;
    if (::ioctl(socket, SIOCGIFMTU, &query) != 0) return 1500;
    return static_cast<unsigned>(query.ifr_mtu);
}

}  // namespace

base::Result<void> Server::Core::open() {
    options_.max_transfers = std::min(options_.max_transfers, transfers_for_descriptors(options_.single_port ? 1 : 2));
    options_.segmentation = options_.segmentation && kernel_segments();
    if (const auto opened = open_port(options_.address, options_.port); !opened) return opened;
    if (!options_.address.none()) return {};
    const auto six = open_port(base::IpAddress::of_ipv6({}), local_endpoint().port);
    const bool without = !six && (six.error().code() == std::errc::address_family_not_supported ||
                                  six.error().code() == std::errc::address_not_available);
    return without ? base::Result<void>{} : six;
}

base::Result<void> Server::Core::open_port(const base::IpAddress& address, std::uint16_t number) {
    base::DatagramOptions options;
    options.local = {address, number};
    options.receive_buffer = listening_buffer;
    auto socket = base::DatagramSocket::open(executor_, options);
    if (!socket) return socket.error();
    enlarge(socket->native());
    auto& port = ports_.emplace_back(Port{std::move(*socket), nullptr});
    return options_.single_port ? share(port, address.is_ipv6()) : base::Result<void>{};
}

/// A second descriptor of the same socket, for sessions to send by and to wait for room.
base::Result<void> Server::Core::share(Port& port, bool ipv6) {
    allow_fragments(port.socket.native());
    base::Fd copy(::fcntl(port.socket.native(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return base::Error::from_errno("second descriptor of the TFTP port");
    boost::system::error_code code;
    port.shared = std::make_shared<Session::Socket>(executor_);
    port.shared->assign(ipv6 ? asio::ip::udp::v6() : asio::ip::udp::v4(), copy.get(), code);
    if (code) return base::Error("TFTP port: " + code.message(), code);
    std::ignore = copy.release();
    return {};
}

void Server::Core::run(base::Tasks& tasks) {
    tasks_ = &tasks;
    for (auto& port : ports_)
        tasks.spawn("tftp", listen(shared_from_this(), port));
}

asio::awaitable<void> Server::Core::listen(std::shared_ptr<Core> core, Port& port) {
    co_await base::accept_cancellation();
    bool more = true;
    while (more) {
        const bool readable = co_await port.socket.wait_readable();
        if (readable) core->receive(port);
        if (!readable) core->tasks_ = nullptr;  // stopping: what Resolve answers from now on begins nothing
        more = readable || core->still_needed();
    }
    port.socket.close();
}

void Server::Core::receive(Port& port) {
    for (int i = 0; i < datagrams_per_turn; ++i) {
        const auto datagram = port.socket.receive();
        if (!datagram) break;
        take(*datagram);
    }
}

Server::Core::Port& Server::Core::port_for(const base::IpAddress& peer) {
    return peer.is_ipv6() ? ports_.back() : ports_.front();
}

/// Stopping on a single port: the transfers that run have no other. ended() of the last one closes it.
bool Server::Core::still_needed() const {
    const auto open = [](const Port& port) { return port.shared && port.shared->is_open(); };
    return !sessions_.empty() && std::any_of(ports_.begin(), ports_.end(), open);
}

void Server::Core::close_ports() {
    for (auto& port : ports_)
        port.socket.close();
}

void Server::Core::refuse(const Refuse& refusal, const base::IpEndpoint& peer, const base::IpAddress& local,
                          unsigned interface) {
    ++refused_;
    const auto bytes = serialize(refusal.error);
    const auto sent = port_for(peer.address).socket.send(bytes, peer, local, interface);
    if (!sent) return;  // as good as lost on the way; the client asks again
}

Limits Server::Core::limits(const Asked& asked) {
    const auto& peer = asked.what.peer.address;
    const auto mtu = mtu_of(port_for(peer).socket.native(), asked.interface);
    const auto path = blksize_for_mtu(mtu, peer.is_ipv6() ? IpVersion::six : IpVersion::four);
    return {std::min(options_.max_blksize, path), std::min(options_.max_windowsize, window_limit)};
}

base::IpEndpoint Server::Core::local_endpoint() const {
    return ports_.empty() ? base::IpEndpoint{} : ports_.front().socket.local_endpoint();
}

void Server::Core::abandon() {
    on_end_ = nullptr;
    tasks_ = nullptr;
    close_ports();
    const auto sessions = sessions_;
    for (const auto& [id, session] : sessions)
        session->close("the server is gone");
    boost::system::error_code ignored;
    for (auto& port : ports_) {
        if (port.shared) port.shared->close(ignored);
    }
}

Server::Server(asio::any_io_executor executor, Options options, Resolve resolve, OnEnd on_end)
    : core_(std::make_shared<Core>(std::move(executor), options, std::move(resolve), std::move(on_end))) {
}

Server::~Server() {
    core_->abandon();
}

base::Result<void> Server::open() {
    return core_->open();
}

void Server::run(base::Tasks& tasks) {
    core_->run(tasks);
}

base::IpEndpoint Server::local_endpoint() const {
    return core_->local_endpoint();
}

std::size_t Server::transfers() const {
    return core_->transfers();
}

Counts Server::counts() const {
    return core_->counts();
}

}  // namespace musterd::tftp
