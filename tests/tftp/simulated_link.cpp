#include "simulated_link.hpp"

#include <algorithm>

namespace musterd::tftp::simulated {

namespace {
using namespace std::chrono_literals;
constexpr auto latency = 100us;
constexpr auto per_packet = 12us;  // 1500 bytes at 1 Gbit/s
constexpr auto client_timeout = 4s;
constexpr unsigned client_tries = 6;
}  // namespace

Agreement agreement(std::uint16_t blksize, std::uint16_t windowsize, bool with_oack) {
    Agreement made;
    made.blksize = blksize;
    made.windowsize = windowsize;
    if (with_oack) made.oack = {{"blksize", std::to_string(blksize)}, {"windowsize", std::to_string(windowsize)}};
    return made;
}

Simulation::Simulation(const Setup& setup)
    : setup_(setup),
      server_(agreement(setup.blksize, setup.windowsize, setup.with_oack), setup.size, setup.rollover),
      random_(setup.seed) {
}

Outcome Simulation::run() {
    const auto start = now_;
    client_deadline_ = now_ + client_timeout;
    carry(true, {.kind = Packet::Kind::request, .wire = 0, .extent = {}});
    while (!(server_.over() && (dallying_ || tries_ >= client_tries)) && outcome_.mistake.empty()) {
        auto next = dallying_ ? base::Tick::max() : client_deadline_;
        if (started_ && !server_.over()) next = std::min(next, server_.deadline());
        if (!in_flight_.empty() && in_flight_.begin()->first <= next) {
            const auto arrival = in_flight_.begin()->second;
            now_ = in_flight_.begin()->first;
            in_flight_.erase(in_flight_.begin());
            arrival.at_server ? server_takes(arrival.packet) : client_takes(arrival.packet);
            continue;
        }
        if (next == base::Tick::max() || tries_ >= client_tries) break;
        now_ = next;
        if (started_ && now_ >= server_.deadline()) server_sends(server_.tick(now_));
        if (!dallying_ && now_ >= client_deadline_) client_waited();
    }
    outcome_.client_has_all = dallying_;
    outcome_.server_finished = server_.state() == Transfer::State::finished && server_.complete();
    outcome_.retransmitted = server_.retransmitted_blocks();
    outcome_.took = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - start);
    return outcome_;
}

void Simulation::carry(bool to_server, const Packet& packet) {
    auto& free = wire_free_[to_server ? 1 : 0];
    free = std::max(free, now_) + per_packet;
    const int copies = chance(setup_.link.loss) ? 0 : chance(setup_.link.repeat) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
        auto at = free + latency;
        if (chance(setup_.link.reorder)) at += std::chrono::microseconds(random_() % 300);
        in_flight_.emplace(at, Arrival{to_server, packet});
    }
}

void Simulation::server_sends(const Send& send) {
    if (send.oack) carry(false, {.kind = Packet::Kind::oack, .wire = 0, .extent = {}});
    for (std::uint32_t i = 0; i < send.data.count; ++i) {
        const auto block = send.data.first + i;
        const auto extent = server_.extent(block);
        if (block > server_.last_block()) outcome_.mistake = "sent a block behind the last";
        outcome_.data_bytes += extent.length;
        ++outcome_.data_packets;
        carry(false, {.kind = Packet::Kind::data, .wire = server_.wire_number(block), .extent = extent});
    }
}

void Simulation::server_takes(const Packet& packet) {
    if (packet.kind == Packet::Kind::ack) return server_sends(server_.ack(packet.wire, now_));
    if (started_) return server_sends(server_.request_again(now_));
    started_ = true;
    server_sends(server_.start(now_));
}

void Simulation::client_takes(const Packet& packet) {
    if (packet.kind == Packet::Kind::data) return client_takes_data(packet);
    if (got_ > 0) return;
    heard_ = true;
    client_acknowledges();
}

void Simulation::client_takes_data(const Packet& packet) {
    if (!heard_ && setup_.with_oack) return;
    heard_ = true;
    const auto expected = server_.wire_number(got_ + 1);
    if (dallying_ || packet.wire != expected) {
        // RFC 1350 6: whoever has all answers each repetition of the last block, in case its ACK was lost.
        if (dallying_ || !complained_ || setup_.habit == Habit::each_block) client_acknowledges();
        complained_ = true;
        return;
    }
    if (packet.extent.offset != got_ * setup_.blksize) outcome_.mistake = "a block in another's place";
    ++got_;
    complained_ = false;
    client_deadline_ = now_ + client_timeout;
    tries_ = 0;
    dallying_ = packet.extent.length < setup_.blksize;
    if (dallying_ && packet.extent.offset + packet.extent.length != setup_.size) outcome_.mistake = "ended too early";
    if (++since_ack_ >= setup_.windowsize || dallying_) client_acknowledges();
}

void Simulation::client_acknowledges() {
    since_ack_ = 0;
    carry(true, {.kind = Packet::Kind::ack, .wire = server_.wire_number(got_), .extent = {}});
}

void Simulation::client_waited() {
    ++tries_;
    client_deadline_ = now_ + client_timeout;
    complained_ = false;
    if (heard_) return client_acknowledges();
    carry(true, {.kind = Packet::Kind::request, .wire = 0, .extent = {}});
}

}  // namespace musterd::tftp::simulated
