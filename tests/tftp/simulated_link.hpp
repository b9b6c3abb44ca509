// A client and a network for tftp::Transfer, in virtual time. The link loses, repeats and reorders by a seed, so that
// a failing run can be had again. Packets carry the true place in the file beside their wire number: a client that
// takes a block for another one (a counter that wrapped) is caught without moving bytes.
#pragma once

#include "tftp/transfer.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>

namespace musterd::tftp::simulated {

struct Link {
    double loss = 0;
    double repeat = 0;
    double reorder = 0;  ///< share of packets that come up to 300 us late
};

enum class Habit : std::uint8_t {
    once,        ///< one ACK per gap, as RFC 7440 has it
    each_block,  ///< one ACK for each block that is not the expected one (EDK2, Mtftp4Rrq.c)
};

struct Setup {
    std::uint64_t size = 0;
    std::uint16_t blksize = 1468;
    std::uint16_t windowsize = 1;
    bool with_oack = true;
    Rollover rollover = Rollover::to_zero;
    Habit habit = Habit::once;
    Link link;
    std::uint32_t seed = 1;
};

struct Outcome {
    bool client_has_all = false;
    bool server_finished = false;
    std::string mistake;           ///< of the server, as the client sees it
    std::uint64_t data_bytes = 0;  ///< payload that the server put on the wire
    std::uint64_t data_packets = 0;
    std::uint64_t retransmitted = 0;
    std::chrono::milliseconds took{};
};

class Simulation {
public:
    explicit Simulation(const Setup& setup);
    Outcome run();

private:
    struct Packet {
        enum class Kind : std::uint8_t { request, oack, data, ack } kind = Kind::ack;
        std::uint16_t wire = 0;
        Extent extent;
    };
    struct Arrival {
        bool at_server = false;
        Packet packet;
    };

    void carry(bool to_server, const Packet& packet);
    void server_sends(const Send& send);
    void server_takes(const Packet& packet);
    void client_takes(const Packet& packet);
    void client_takes_data(const Packet& packet);
    void client_acknowledges();
    void client_waited();
    bool chance(double probability) { return std::uniform_real_distribution<>(0, 1)(random_) < probability; }

    Setup setup_;
    Transfer server_;
    bool started_ = false;
    std::mt19937 random_;
    base::Tick now_{};
    base::Tick wire_free_[2]{};
    std::multimap<base::Tick, Arrival> in_flight_;
    Outcome outcome_;

    std::uint64_t got_ = 0;  ///< blocks the client has, all in order
    unsigned since_ack_ = 0;
    bool heard_ = false;
    bool complained_ = false;
    bool dallying_ = false;
    unsigned tries_ = 0;
    base::Tick client_deadline_{};
};

Agreement agreement(std::uint16_t blksize, std::uint16_t windowsize, bool with_oack = true);

}  // namespace musterd::tftp::simulated
