#pragma once

#include "server/base/tasks.hpp"
#include "tftp/read_ahead.hpp"
#include "tftp/server.hpp"
#include "tftp/transfer.hpp"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>

namespace musterd::tftp {

/// One transfer with its socket, timer and file. The socket is bound to the address that the request was sent to and
/// a port of its own (the transfer identifier of RFC 1350 4). It is not connected: datagrams of strangers are to be
/// answered with ERROR 5. All calls on one executor.
class Session : public std::enable_shared_from_this<Session> {
public:
    struct Start {
        Request request;
        Agreement agreement;
        base::FileSlice file;
        Rollover rollover = Rollover::to_zero;
    };

    static base::Result<std::shared_ptr<Session>> open(const asio::any_io_executor& executor, Start start);

    /// Runs the transfer to its end, and gives how that was. A task is cut by closing its socket or by cancellation.
    static asio::awaitable<void> run(std::shared_ptr<Session> session, OnEnd on_end);

    /// The client's request came again: true if this transfer is still unanswered, and has repeated its answer.
    bool request_again();
    /// Ends the transfer from our side; run() returns soon after.
    void close(const std::string& reason);

    /// The client has not acknowledged anything yet.
    [[nodiscard]] bool unanswered() const { return transfer_.unanswered(); }

private:
    Session(asio::ip::udp::socket socket, Start start);

    void begin();
    void drain();
    void take(base::ByteView datagram, const base::Endpoint& from);
    void apply(const Send& send);
    void flush();
    bool gather_and_send();
    void send_packet(const Packet& packet, const base::Endpoint& to);
    void wait_for_deadline();
    void wait_for_room();
    [[nodiscard]] TransferEnd end() const;

    asio::ip::udp::socket socket_;
    asio::steady_timer timer_;
    Request request_;
    Agreement agreement_;
    std::uint64_t size_;
    ReadAhead file_;
    Transfer transfer_;
    Blocks unsent_;
    bool waiting_for_room_ = false;
    base::Tick began_;
};

}  // namespace musterd::tftp
