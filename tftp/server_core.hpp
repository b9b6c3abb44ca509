#pragma once

#include "server/base/datagrams.hpp"
#include "tftp/decide.hpp"
#include "tftp/netascii.hpp"
#include "tftp/server.hpp"
#include "tftp/session.hpp"

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <set>

namespace musterd::tftp {

/// The listening port, what is asked there, and the transfers that came of it. Shared with what Resolve was given to
/// answer by, which may come after the server is gone.
class Server::Core : public std::enable_shared_from_this<Core> {
public:
    Core(asio::any_io_executor executor, Options options, Resolve resolve, OnEnd on_end)
        : executor_(std::move(executor)), options_(options), resolve_(std::move(resolve)), on_end_(std::move(on_end)) {}

    base::Result<void> open();
    void run(base::Tasks& tasks);
    void abandon();
    [[nodiscard]] base::IpEndpoint local_endpoint() const;
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

    /// The listening port, of one family.
    struct Port {
        base::DatagramSocket socket;
        std::shared_ptr<Session::Socket> shared;  ///< the same for sessions to send by, in single-port mode
    };

    // server.cpp: the ports
    base::Result<void> open_port(const base::IpAddress& address, std::uint16_t number);
    base::Result<void> share(Port& port, bool ipv6);
    static asio::awaitable<void> listen(std::shared_ptr<Core> core, Port& port);
    void receive(Port& port);
    [[nodiscard]] Port& port_for(const base::IpAddress& peer);
    [[nodiscard]] bool still_needed() const;
    void close_ports();
    void refuse(const Refuse& refusal, const base::IpEndpoint& peer, const base::IpAddress& local, unsigned interface);
    [[nodiscard]] Limits limits(const Asked& asked);

    // server_core.cpp: requests and transfers
    void take(const base::Datagram& datagram);
    bool hand_over(const base::Datagram& datagram);
    bool repeats(const FileRequest& request, const base::IpEndpoint& peer);
    void ask(Asked asked);
    void answer(const Asked& asked, base::Result<base::FileSlice> file);
    void convert(const Asked& asked, const base::FileSlice& file);
    void convert_on(const Asked& asked, const std::shared_ptr<NetasciiConversion>& conversion);
    void conclude(const Asked& asked, base::Result<base::FileSlice> file);
    void begin(const Asked& asked, base::FileSlice file);
    base::Result<std::shared_ptr<Session>> make_session(const Asked& asked, base::FileSlice file);
    void ended(Id id, const TransferEnd& end);
    void refuse(const Refuse& refusal, const Asked& asked);
    void forget(Id id, const base::IpEndpoint& peer);

    asio::any_io_executor executor_;
    Options options_;
    Resolve resolve_;
    OnEnd on_end_;
    std::list<Port> ports_;  ///< after open(): of IPv4, of IPv6, or both
    base::Tasks* tasks_ = nullptr;
    Id last_id_ = 0;
    std::set<Id> resolving_;
    std::set<Id> netascii_;  ///< those that hold a converted file in memory
    std::map<Id, std::shared_ptr<Session>> sessions_;
    std::map<base::IpEndpoint, Latest> latest_;
    std::atomic<std::uint64_t> requests_{0}, repeated_{0}, refused_{0}, ignored_{0};
};

}  // namespace musterd::tftp
