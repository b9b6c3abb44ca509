#pragma once

#include "server/base/tasks.hpp"
#include "tftp/read_ahead.hpp"
#include "tftp/send_blocks.hpp"
#include "tftp/server.hpp"
#include "tftp/transfer.hpp"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>

namespace musterd::tftp {

/// One transfer with its port, timer and file. The port is its own (the transfer identifier of RFC 1350 4), bound to
/// the address that the request was sent to; or the listening one, in single-port mode. It is not connected: datagrams
/// of strangers are to be answered with ERROR 5. All calls on one executor.
///
/// Fair: one datagram is taken in a turn, and answered with one window at most; then the others have theirs.
class Session : public std::enable_shared_from_this<Session> {
public:
    using Socket = asio::ip::udp::socket;

    struct Start {
        Request request;
        Agreement agreement;
        base::FileSlice file;
        Rollover rollover = Rollover::to_zero;
        bool segmentation = false;  ///< see Outlet
    };

    /// On a port of its own.
    static base::Result<std::shared_ptr<Session>> open(const asio::any_io_executor& executor, Start start);
    /// On the listening port, whose owner gives what the peer sends to take().
    static std::shared_ptr<Session> share(std::shared_ptr<Socket> listening, Start start);

    /// Runs the transfer to its end, and gives how that was. A task is cut by close() or by cancellation.
    static asio::awaitable<void> run(std::shared_ptr<Session> session, OnEnd on_end);

    void take(base::ByteView datagram, const base::IpEndpoint& from);
    /// The client's request came again: true if this transfer is still unanswered, and has repeated its answer.
    bool request_again();
    /// Ends the transfer from our side; run() returns soon after.
    void close(const std::string& reason);

    /// The client has not acknowledged anything yet.
    [[nodiscard]] bool unanswered() const { return transfer_.unanswered(); }
    /// Something came from the client less than this ago.
    [[nodiscard]] bool heard_within(base::Tick::duration time) const;

private:
    Session(std::shared_ptr<Socket> socket, bool shared, Start start);

    static asio::awaitable<void> receive(std::shared_ptr<Session> session);
    static asio::awaitable<void> wait_for_end(std::shared_ptr<Session> session);
    void begin();
    void apply(const Send& send);
    void flush();
    bool gather_and_send();
    void send_packet(const Packet& packet, const base::IpEndpoint& to);
    void wait_for_deadline();
    void wait_for_room();
    [[nodiscard]] TransferEnd end() const;

    std::shared_ptr<Socket> socket_;
    bool shared_;
    asio::steady_timer timer_;
    asio::steady_timer over_;  ///< never fires: cancelled at the end, for those that do not receive
    Request request_;
    Agreement agreement_;
    std::uint64_t size_;
    ReadAhead file_;
    Transfer transfer_;
    Outlet outlet_;
    Blocks unsent_;
    bool waiting_for_room_ = false;
    base::Tick began_;
    base::Tick heard_at_;
};

}  // namespace musterd::tftp
