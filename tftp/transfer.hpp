#pragma once

#include "server/base/clock.hpp"
#include "tftp/negotiate.hpp"
#include "tftp/packet.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace musterd::tftp {

/// What follows block 65535. Every client in the field expects 0; some old ROMs 1.
enum class Rollover : std::uint8_t { to_zero, to_one };

/// A run of blocks by their true numbers, which count from 1 and never wrap.
struct Blocks {
    std::uint64_t first = 0;
    std::uint32_t count = 0;

    [[nodiscard]] bool empty() const { return count == 0; }
    bool operator==(const Blocks&) const = default;
};

/// What to put on the wire now. Blocks that follow on those still unsent are added to them, any others replace them.
struct Send {
    bool oack = false;
    Blocks data;

    [[nodiscard]] bool nothing() const { return !oack && data.empty(); }
};

/// Where in the file a block lies. The last block is shorter than blksize, possibly empty.
struct Extent {
    std::uint64_t offset = 0;
    std::uint16_t length = 0;
};

/// One read transfer as RFC 1350, 2347 and 7440 have it, seen from the server: without sockets, files and clock.
/// Feed it what happened and the time, send what it answers, and call tick() when deadline() has come.
///
/// Loss. An ACK inside the window goes back to the block behind it at once (RFC 7440), but for one that comes within
/// two round trips of the last going back: that one may speak of blocks sent before, so the window only slides on, and
/// goes back when two round trips bring no progress. A repeated ACK is never answered at once (sorcerer's apprentice);
/// in windows, where it may tell of a lost first block, it has the same two round trips, and is answered once.
/// Without this care each repeated datagram doubles the traffic to the end of the file (tests/tftp/link.cpp).
/// Silence: the window again after 1 s, doubling to 8 s (or each `timeout`); failed 30 s (or three timeouts) after the
/// last progress.
class Transfer {
public:
    /// finished: as the client wanted it, whole or a probe.
    enum class State : std::uint8_t { negotiating, sending, finished, failed };

    Transfer(const Agreement& agreement, std::uint64_t file_size, Rollover rollover = Rollover::to_zero);

    /// Call once, first: the OACK, or the first window.
    Send start(base::Tick now);
    Send ack(std::uint16_t wire_block, base::Tick now);
    /// The client's request came again: repeats the first answer while nothing was acknowledged.
    Send request_again(base::Tick now);
    Send tick(base::Tick now);
    /// The client's ERROR ends the transfer, whatever its code.
    void error(const ErrorPacket& packet);
    /// Ends the transfer from our side.
    void fail(std::string reason);

    [[nodiscard]] State state() const { return state_; }
    /// The last block was acknowledged.
    [[nodiscard]] bool complete() const { return acked_ == last_; }
    [[nodiscard]] bool over() const { return state_ == State::finished || state_ == State::failed; }
    /// True until the first acknowledgement: the client may not have heard of us yet.
    [[nodiscard]] bool unanswered() const { return !heard_; }
    /// The client took the OACK (for the size in it) and ended the transfer on purpose, as EDK2 and Intel ROMs do.
    [[nodiscard]] bool probe() const { return probe_; }
    /// Why it is not complete, once it is over. Printable.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    [[nodiscard]] base::Tick deadline() const { return deadline_; }

    [[nodiscard]] std::uint64_t last_block() const { return last_; }
    [[nodiscard]] Extent extent(std::uint64_t block) const;
    [[nodiscard]] std::uint16_t wire_number(std::uint64_t block) const;
    [[nodiscard]] std::uint64_t acknowledged_bytes() const;
    [[nodiscard]] std::uint64_t retransmitted_blocks() const { return retransmitted_; }

private:
    [[nodiscard]] std::optional<std::uint64_t> true_number(std::uint16_t wire_block) const;
    [[nodiscard]] std::chrono::milliseconds patience() const;
    [[nodiscard]] std::chrono::microseconds guard() const;
    Send inside_window(base::Tick now);
    Send repeat_answer(base::Tick now);
    Send go_back(base::Tick now);
    Send slide(base::Tick now);
    void doubt(base::Tick until);
    void measure(base::Tick now);
    void rearm(base::Tick now);

    std::uint64_t size_;
    std::uint16_t blksize_;
    std::uint16_t windowsize_;
    std::optional<std::chrono::seconds> timeout_;
    Rollover rollover_;
    bool with_oack_;
    std::uint64_t last_;

    State state_ = State::negotiating;
    std::uint64_t acked_ = 0;  ///< every block up to here is acknowledged
    std::uint64_t sent_ = 0;   ///< highest block ever sent
    bool heard_ = false;
    bool probe_ = false;
    bool resent_ = false;      ///< something in flight was sent more than once: no measure of the round trip
    bool doubtful_ = false;    ///< go back at doubt_until_ if there is no progress before
    std::uint64_t back_from_;  ///< last acknowledged block when we last went back
    base::Tick quiet_until_;   ///< two round trips after that
    base::Tick doubt_until_;
    base::Tick sent_at_;  ///< when the last of the blocks in flight was sent
    std::optional<std::chrono::microseconds> round_trip_;
    std::chrono::milliseconds interval_{};
    base::Tick deadline_;
    base::Tick last_progress_;
    std::uint64_t retransmitted_ = 0;
    std::string reason_;
};

}  // namespace musterd::tftp
