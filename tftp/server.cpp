#include "tftp/server.hpp"

#include "server/base/datagrams.hpp"
#include "tftp/decide.hpp"
#include "tftp/session.hpp"

#include <net/if.h>
#include <sys/ioctl.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace musterd::tftp {

namespace {

constexpr int datagrams_per_turn = 64;      // then sessions have their turn
constexpr std::uint16_t window_limit = 64;  // blocks

unsigned mtu_of(int socket, unsigned interface) {
    ifreq query{};
    if (::if_indextoname(interface, query.ifr_name) == nullptr) return 1500;
    if (::ioctl(socket, SIOCGIFMTU, &query) != 0) return 1500;
    return static_cast<unsigned>(query.ifr_mtu);
}

}  // namespace

class Server::Core : public std::enable_shared_from_this<Core> {
public:
    Core(asio::any_io_executor executor, Options options, Resolve resolve, OnEnd on_end)
        : executor_(std::move(executor)), options_(options), resolve_(std::move(resolve)), on_end_(std::move(on_end)) {}

    base::Result<void> open();
    void run(base::Tasks& tasks);
    void abandon();
    [[nodiscard]] base::Endpoint local_endpoint() const;
    [[nodiscard]] std::size_t transfers() const { return sessions_.size(); }
    [[nodiscard]] Counts counts() const { return {requests_, repeated_, refused_, ignored_}; }

private:
    using Id = std::uint64_t;

    /// A request and where it came from, while its file is looked for.
    struct Asked {
        Id id = 0;
        FileRequest request;
        Request what;
        unsigned interface = 0;
    };
    /// The last request of a peer's port: known again when it is repeated.
    struct Latest {
        Id id = 0;
        FileRequest request;
    };

    static asio::awaitable<void> listen(std::shared_ptr<Core> core);
    void take(const base::Datagram& datagram);
    bool repeats(const FileRequest& request, const base::Endpoint& peer);
    void ask(Asked asked);
    void answer(const Asked& asked, base::Result<base::FileSlice> file);
    void begin(const Asked& asked, base::FileSlice file);
    void ended(Id id, const TransferEnd& end);
    void forget(Id id, const base::Endpoint& peer);
    void refuse(const Refuse& refusal, const base::Endpoint& peer, base::Ipv4 local, unsigned interface);
    [[nodiscard]] Limits limits(unsigned interface);

    asio::any_io_executor executor_;
    Options options_;
    Resolve resolve_;
    OnEnd on_end_;
    std::unique_ptr<base::DatagramSocket> socket_;  ///< after open()
    base::Tasks* tasks_ = nullptr;
    Id last_id_ = 0;
    std::set<Id> resolving_;
    std::map<Id, std::shared_ptr<Session>> sessions_;
    std::map<base::Endpoint, Latest> latest_;
    std::atomic<std::uint64_t> requests_{0}, repeated_{0}, refused_{0}, ignored_{0};
};

base::Result<void> Server::Core::open() {
    base::DatagramOptions options;
    options.local = {options_.address, options_.port};
    options.receive_buffer = 1U << 20U;  // a rack that is switched on asks all at once
    auto socket = base::DatagramSocket::open(executor_, options);
    if (!socket) return socket.error();
    socket_ = std::make_unique<base::DatagramSocket>(std::move(*socket));
    return {};
}

void Server::Core::run(base::Tasks& tasks) {
    tasks_ = &tasks;
    tasks.spawn("tftp", listen(shared_from_this()));
}

asio::awaitable<void> Server::Core::listen(std::shared_ptr<Core> core) {
    co_await base::accept_cancellation();
    while (co_await core->socket_->wait_readable()) {
        for (int i = 0; i < datagrams_per_turn; ++i) {
            const auto datagram = core->socket_->receive();
            if (!datagram) break;
            core->take(*datagram);
        }
    }
    core->tasks_ = nullptr;  // stopping: what Resolve answers from now on begins nothing
    core->socket_->close();
}

void Server::Core::take(const base::Datagram& datagram) {
    auto decision = decide(datagram.payload);
    if (std::holds_alternative<Ignore>(decision)) {
        ++ignored_;
        return;
    }
    if (const auto* const no = std::get_if<Refuse>(&decision)) {
        return refuse(*no, datagram.from, datagram.local, datagram.interface);
    }
    auto& serve = std::get<Serve>(decision);
    if (repeats(serve.request, datagram.from)) {
        ++repeated_;
        return;
    }
    if (resolving_.size() + sessions_.size() >= options_.max_transfers) {
        const Refuse busy{{ErrorCode::not_defined, "Too many transfers, try again"}};
        return refuse(busy, datagram.from, datagram.local, datagram.interface);
    }
    ask({0, std::move(serve.request), {std::move(serve.path), datagram.from, datagram.local}, datagram.interface});
}

/// A client that did not hear our first answer asks again from the same port. Another request from that port, before
/// it answered the last, means that it gave the last one up: Intel's ROMs use one port for the probe and the read.
/// A client that came further has rebooted or lost its mind; what it had runs out by itself.
bool Server::Core::repeats(const FileRequest& request, const base::Endpoint& peer) {
    const auto latest = latest_.find(peer);
    if (latest == latest_.end()) return false;
    const auto session = sessions_.find(latest->second.id);
    const bool same = latest->second.request == request;
    if (session == sessions_.end()) return same;  // its file is still looked for
    if (same) return session->second->request_again();
    if (session->second->unanswered()) session->second->close("the client asked for something else");
    return false;
}

void Server::Core::ask(Asked asked) {
    ++requests_;
    asked.id = ++last_id_;
    resolving_.insert(asked.id);
    latest_[asked.what.peer] = {asked.id, asked.request};
    const auto what = asked.what;
    auto reply = [weak = weak_from_this(), executor = executor_,
                  asked = std::move(asked)](base::Result<base::FileSlice> file) {
        asio::post(executor, [weak, asked, file = std::move(file)]() mutable {
            if (const auto core = weak.lock()) core->answer(asked, std::move(file));
        });
    };
    resolve_(what, std::move(reply));
}

void Server::Core::answer(const Asked& asked, base::Result<base::FileSlice> file) {
    if (resolving_.erase(asked.id) == 0 || tasks_ == nullptr) return;
    const auto latest = latest_.find(asked.what.peer);
    if (latest == latest_.end() || latest->second.id != asked.id) return;  // it asked for something else since
    if (file) return begin(asked, std::move(*file));
    forget(asked.id, asked.what.peer);
    refuse(refusal(file.error()), asked.what.peer, asked.what.local, asked.interface);
}

void Server::Core::begin(const Asked& asked, base::FileSlice file) {
    auto agreement = negotiate(asked.request, file.length, limits(asked.interface));
    auto session = Session::open(executor_, {asked.what, std::move(agreement), std::move(file), options_.rollover});
    if (!session) {
        forget(asked.id, asked.what.peer);
        return refuse(refusal(session.error()), asked.what.peer, asked.what.local, asked.interface);
    }
    sessions_[asked.id] = *session;
    auto done = [weak = weak_from_this(), id = asked.id](const TransferEnd& end) {
        if (const auto core = weak.lock()) core->ended(id, end);
    };
    tasks_->spawn("tftp transfer of " + asked.what.path, Session::run(std::move(*session), std::move(done)));
}

void Server::Core::ended(Id id, const TransferEnd& end) {
    sessions_.erase(id);
    forget(id, end.peer);
    if (on_end_) on_end_(end);
}

void Server::Core::forget(Id id, const base::Endpoint& peer) {
    const auto latest = latest_.find(peer);
    if (latest != latest_.end() && latest->second.id == id) latest_.erase(latest);
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
