#include "tftp/session.hpp"

#include "server/base/socket_address.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace musterd::tftp {

using udp = asio::ip::udp;

namespace {

constexpr std::size_t most_read = 128U << 10U;  // a window of 64 blocks that fit Ethernet

udp::endpoint to_asio(const base::IpEndpoint& endpoint) {
    const base::SocketAddress address(endpoint);
    udp::endpoint converted;
    converted.resize(address.length);
    std::memcpy(converted.data(), address.get(), address.length);
    return converted;
}

base::IpEndpoint from_asio(const udp::endpoint& endpoint) {
    base::SocketAddress address;
    std::memcpy(address.get(), endpoint.data(), endpoint.size());
    return address.endpoint();
}

/// Room for a window in the socket, as far as the kernel allows.
void tune(udp::socket& socket, const Agreement& agreement) {
    boost::system::error_code ignored;
    const int window = 2 * agreement.windowsize * (agreement.blksize + 1024);
    asio::socket_base::send_buffer_size current;
    socket.get_option(current, ignored);
    if (current.value() < window) socket.set_option(asio::socket_base::send_buffer_size(window), ignored);
    allow_fragments(socket.native_handle());
}

}  // namespace

base::Result<std::shared_ptr<Session>> Session::open(const asio::any_io_executor& executor, Start start) {
    boost::system::error_code code;
    auto socket = std::make_shared<udp::socket>(executor);
    socket->open(start.request.local.is_ipv6() ? udp::v6() : udp::v4(), code);
    if (!code) socket->non_blocking(true, code);
    if (!code) socket->bind(to_asio({start.request.local, 0}), code);
    if (code == boost::system::errc::too_many_files_open) return base::Error("Too many transfers, try again", code);
    if (code) return base::Error("UDP port for a transfer: " + code.message(), code);
    tune(*socket, start.agreement);
    return std::shared_ptr<Session>(new Session(std::move(socket), false, std::move(start)));
}

std::shared_ptr<Session> Session::share(std::shared_ptr<Socket> listening, Start start) {
    return std::shared_ptr<Session>(new Session(std::move(listening), true, std::move(start)));
}

Session::Session(std::shared_ptr<Socket> socket, bool shared, Start start)
    : socket_(std::move(socket)),
      shared_(shared),
      timer_(socket_->get_executor()),
      over_(socket_->get_executor(), base::Tick::max()),
      request_(std::move(start.request)),
      agreement_(std::move(start.agreement)),
      size_(start.file.length),
      file_(std::move(start.file)),
      transfer_(agreement_, size_, start.rollover) {
    outlet_.socket = socket_->native_handle();
    outlet_.peer = request_.peer;
    if (shared_) outlet_.source = request_.local;
    outlet_.segmentation = start.segmentation;
}

asio::awaitable<void> Session::run(std::shared_ptr<Session> session, OnEnd on_end) {
    session->begin();
    auto work = session->shared_ ? wait_for_end(session) : receive(session);
    co_await std::move(work);
    session->close("the server stopped");
    on_end(session->end());
}

/// Asio tries to receive before it waits, so an ACK costs one call to take it and one that finds no other.
asio::awaitable<void> Session::receive(std::shared_ptr<Session> session) {
    std::array<std::uint8_t, 512> buffer;
    const auto room = asio::buffer(buffer);
    udp::endpoint from;
    while (!session->transfer_.over()) {
        const auto [code, count] = co_await session->socket_->async_receive_from(room, from, base::as_result);
        if (code == asio::error::operation_aborted || !session->socket_->is_open()) break;
        if (!code) session->take(base::ByteView(buffer).first(count), from_asio(from));
    }
}

asio::awaitable<void> Session::wait_for_end(std::shared_ptr<Session> session) {
    if (!session->transfer_.over()) co_await session->over_.async_wait(base::as_result);
}

void Session::begin() {
    began_ = std::chrono::steady_clock::now();
    heard_at_ = began_;
    apply(transfer_.start(began_));
    wait_for_deadline();
}

bool Session::request_again() {
    if (transfer_.over() || !transfer_.unanswered()) return false;
    apply(transfer_.request_again(std::chrono::steady_clock::now()));
    return true;
}

void Session::close(const std::string& reason) {
    transfer_.fail(reason);
    boost::system::error_code ignored;
    if (!shared_) socket_->close(ignored);
    timer_.cancel();
    over_.cancel();
}

bool Session::heard_within(base::Tick::duration time) const {
    return std::chrono::steady_clock::now() - heard_at_ < time;
}

void Session::take(base::ByteView datagram, const base::IpEndpoint& from) {
    const auto packet = parse(datagram);
    const auto* const error = packet ? std::get_if<ErrorPacket>(&*packet) : nullptr;
    if (from != request_.peer) {
        // RFC 1350 4: to the stranger alone, the transfer goes on. An ERROR is never answered with one.
        if (error == nullptr) send_packet(ErrorPacket{ErrorCode::unknown_transfer_id, "Unknown transfer ID"}, from);
        return;
    }
    const auto* const ack = packet ? std::get_if<Ack>(&*packet) : nullptr;
    if (error != nullptr) transfer_.error(*error);
    if (ack != nullptr) {
        heard_at_ = std::chrono::steady_clock::now();
        apply(transfer_.ack(ack->block, heard_at_));
    }
    if (transfer_.over()) return close({});
    if (transfer_.deadline() < timer_.expiry()) wait_for_deadline();
}

void Session::apply(const Send& send) {
    if (send.oack) send_packet(OptionAck{agreement_.oack}, request_.peer);
    if (send.data.empty()) return;
    const bool behind = !unsent_.empty() && send.data.first == unsent_.first + unsent_.count;
    unsent_ = behind ? Blocks{unsent_.first, unsent_.count + send.data.count} : send.data;
    flush();
}

void Session::flush() {
    while (!unsent_.empty() && !waiting_for_room_ && !transfer_.over()) {
        if (!gather_and_send()) wait_for_room();
    }
}

/// Sends as many of the unsent blocks as lie in one read; false when the socket has no room for them.
bool Session::gather_and_send() {
    const auto whole = std::clamp<std::size_t>(most_read / agreement_.blksize, 1, max_burst);
    const auto count = std::min<std::size_t>(unsent_.count, whole);
    const auto from = transfer_.extent(unsent_.first).offset;
    const auto last = transfer_.extent(unsent_.first + count - 1);
    const auto bytes = file_.read(from, static_cast<std::size_t>(last.offset + last.length - from));
    if (!bytes) {
        send_packet(ErrorPacket{ErrorCode::not_defined, "Cannot read the file"}, request_.peer);
        close(bytes.error().message());
        return true;
    }
    std::array<Block, max_burst> blocks;
    for (std::size_t i = 0; i < count; ++i) {
        const auto extent = transfer_.extent(unsent_.first + i);
        blocks[i].number = transfer_.wire_number(unsent_.first + i);
        blocks[i].payload = bytes->subspan(static_cast<std::size_t>(extent.offset - from), extent.length);
    }
    const auto done = send_blocks(outlet_, std::span(blocks).first(count));
    unsent_ = {unsent_.first + done, static_cast<std::uint32_t>(unsent_.count - done)};
    return done == count;
}

void Session::send_packet(const Packet& packet, const base::IpEndpoint& to) {
    auto way = outlet_;
    way.peer = to;
    send_datagram(way, serialize(packet));
}

/// The timer is not put off by each ACK: when it fires early it is set anew, so that an ACK costs no system call.
void Session::wait_for_deadline() {
    timer_.expires_at(transfer_.deadline());
    timer_.async_wait([self = shared_from_this()](boost::system::error_code code) {
        if (code || self->transfer_.over()) return;
        self->apply(self->transfer_.tick(std::chrono::steady_clock::now()));
        if (self->transfer_.over()) return self->close({});
        self->wait_for_deadline();
    });
}

void Session::wait_for_room() {
    waiting_for_room_ = true;
    socket_->async_wait(udp::socket::wait_write, [self = shared_from_this()](boost::system::error_code code) {
        self->waiting_for_room_ = false;
        if (!code) self->flush();
    });
}

TransferEnd Session::end() const {
    TransferEnd end;
    end.peer = request_.peer;
    end.local = request_.local;
    end.path = request_.path;
    end.sent = transfer_.acknowledged_bytes();
    end.size = size_;
    end.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
    end.complete = transfer_.complete();
    end.probe = transfer_.probe();
    end.reason = transfer_.reason();
    end.blksize = agreement_.blksize;
    end.windowsize = agreement_.windowsize;
    end.retransmitted = transfer_.retransmitted_blocks();
    return end;
}

}  // namespace musterd::tftp
