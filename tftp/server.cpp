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
    base::DatagramOptions options;
    options.local = {options_.address, options_.port};
    options.receive_buffer = listening_buffer;
    auto socket = base::DatagramSocket::open(executor_, options);
    if (!socket) return socket.error();
    socket_ = std::make_unique<base::DatagramSocket>(std::move(*socket));
    enlarge(socket_->native());
    options_.max_transfers = std::min(options_.max_transfers, transfers_for_descriptors(options_.single_port ? 1 : 2));
    options_.segmentation = options_.segmentation && kernel_segments();
    return options_.single_port ? share_port() : base::Result<void>{};
}

/// A second descriptor of the same socket, for sessions to send by and to wait for room. As with ports of their own, no
/// "do not fragment".
base::Result<void> Server::Core::share_port() {
    const int fragment = IP_PMTUDISC_DONT;
    ::setsockopt(socket_->native(), IPPROTO_IP, IP_MTU_DISCOVER, &fragment, sizeof fragment);
    base::Fd copy(::fcntl(socket_->native(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return base::Error::from_errno("second descriptor of the TFTP port");
    boost::system::error_code code;
    shared_ = std::make_shared<Session::Socket>(executor_);
    shared_->assign(asio::ip::udp::v4(), copy.get(), code);
    if (code) return base::Error("TFTP port: " + code.message(), code);
    std::ignore = copy.release();
    return {};
}

void Server::Core::run(base::Tasks& tasks) {
    tasks_ = &tasks;
    tasks.spawn("tftp", listen(shared_from_this()));
}

asio::awaitable<void> Server::Core::listen(std::shared_ptr<Core> core) {
    co_await base::accept_cancellation();
    bool more = true;
    while (more) {
        const bool readable = co_await core->socket_->wait_readable();
        if (readable) core->receive();
        if (!readable) core->tasks_ = nullptr;  // stopping: what Resolve answers from now on begins nothing
        more = readable || core->still_needed();
    }
    core->socket_->close();
}

void Server::Core::receive() {
    for (int i = 0; i < datagrams_per_turn; ++i) {
        const auto datagram = socket_->receive();
        if (!datagram) break;
        take(*datagram);
    }
}

/// Stopping on a single port: the transfers that run have no other. ended() of the last one closes it.
bool Server::Core::still_needed() const {
    return shared_ && shared_->is_open() && !sessions_.empty();
}

void Server::Core::refuse(const Refuse& refusal, const base::Endpoint& peer, base::Ipv4 local, unsigned interface) {
    ++refused_;
    const auto bytes = serialize(refusal.error);
    const auto sent = socket_->send(bytes, peer, local, interface);
    if (!sent) return;  // as good as lost on the way; the client asks again
}

Limits Server::Core::limits(unsigned interface) {
    const auto path = blksize_for_mtu(mtu_of(socket_->native(), interface));
    return {std::min(options_.max_blksize, path), std::min(options_.max_windowsize, window_limit)};
}

base::Endpoint Server::Core::local_endpoint() const {
    return socket_ ? socket_->local_endpoint() : base::Endpoint{};
}

void Server::Core::abandon() {
    on_end_ = nullptr;
    tasks_ = nullptr;
    if (socket_) socket_->close();
    const auto sessions = sessions_;
    for (const auto& [id, session] : sessions)
        session->close("the server is gone");
    boost::system::error_code ignored;
    if (shared_) shared_->close(ignored);
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

base::Endpoint Server::local_endpoint() const {
    return core_->local_endpoint();
}

std::size_t Server::transfers() const {
    return core_->transfers();
}

Counts Server::counts() const {
    return core_->counts();
}

}  // namespace musterd::tftp
