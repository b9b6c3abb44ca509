#pragma once

#include "server/base/clock.hpp"
#include "tftp/negotiate.hpp"
#include "tftp/packet.hpp"
#include "tftp/round_trip.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace musterd::tftp {

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
/// Loss. An ACK inside the window goes back to the block behind it (RFC 7440) as soon as the answers to what was sent
/// last are due, if none says otherwise; but not one that came too soon to be an answer to that: it speaks of what was
/// sent before, and the window only slides on. A repeated ACK is never answered at once (sorcerer's apprentice); in
/// windows, where it may tell of a lost first block, it is answered once, after the same time. Without this care each
/// repeated datagram doubles the traffic to the end of the file (tests/tftp/link.cpp).
///
/// Windows under loss. Clients throw away what follows a lost block: EDK2 acknowledges the block before the gap for
/// each of them (Mtftp4Rrq.c, Mtftp4RrqHandleData), atftp 0.8 (tried) and U-Boot once for the gap. All count the next
/// window from that ACK, and none acknowledges before a window's end or a gap, so a server cannot just send shorter
/// windows: it would never be answered. It can send the window in bursts, and wait a round trip after each for word of
/// a gap; no word means that there is none. Bursts begin with 16 blocks and double with each window up to its size, so
/// that without loss a window is one burst. A loss halves the burst; from then on it grows by a block.
///
/// Word of a gap may be lost too, and the rest of a large window would be sent for nothing. So while there are losses
/// the client is asked after 16 blocks or two bursts: the last block sent once more makes it say where it is, as those
/// clients do for every block that they do not expect.
///
/// Silence. After the time that round trips suggest (RoundTrip), doubling up to 8 s: first the last block sent, which
/// is all that is missing when it or the window's ACK was lost, and tells of a gap when more was; then the window
/// again. `timeout` (RFC 2349) is the longest such interval, not the shortest: U-Boot and curl send 5 and 6 s always.
/// Failed 30 s (or three timeouts) after the last progress.
///
/// The OACK is repeated late, a second after clients have repeated their ACK or request (5 s, or `timeout`): both mend
/// its loss, and atftp 0.8 takes a second OACK for an error and ends the transfer (tried).
class Transfer {
public:
    /// finished: as the client wanted it, whole or a probe.
    enum class State : std::uint8_t { negotiating, sending, finished, failed };

    /// `usual`: for a client that did not ask for a rollover.
    Transfer(const Agreement& agreement, std::uint64_t file_size, Rollover usual = Rollover::to_zero);

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
    [[nodiscard]] std::chrono::milliseconds longest_interval() const;
    [[nodiscard]] std::uint64_t window_end() const;
    [[nodiscard]] bool tells_of_gap(base::Tick now) const;
    [[nodiscard]] bool paused() const;
    [[nodiscard]] bool to_be_asked() const;
    Send offer(base::Tick now);
    Send inside_window(base::Tick now);
    Send repeated(base::Tick now);
    Send suspect_gap(base::Tick now);
    Send silence(base::Tick now);
    Send probe_tail(base::Tick now);
    Send go_back(base::Tick now);
    Send slide(base::Tick now);
    void no_loss();
    void measure(std::uint64_t block, base::Tick now);
    void back_off();
    void rearm(base::Tick now);

    std::uint64_t size_;
    std::uint16_t blksize_;
    std::uint16_t windowsize_;
    std::optional<std::chrono::seconds> timeout_;
    Rollover rollover_;
    bool with_oack_;
    std::uint64_t last_;

    State state_ = State::negotiating;
    std::uint64_t acked_ = 0;    ///< every block up to here is acknowledged
    std::uint64_t sent_ = 0;     ///< last block sent since we last went back
    std::uint64_t highest_ = 0;  ///< last block ever sent
    std::uint32_t burst_;        ///< blocks sent without a pause
    bool losses_ = false;        ///< so far
    bool heard_ = false;
    bool probe_ = false;
    unsigned asked_ = 0;  ///< last block sent again for an answer, since the last progress
    /// Behind the last acknowledged block; suspected: go back at the deadline if there is no progress before.
    enum class Gap : std::uint8_t { none, suspected, known } gap_ = Gap::none;
    std::uint64_t back_from_;        ///< last acknowledged block when we last went back
    base::Tick sent_at_;             ///< when the last burst was sent
    std::uint64_t burst_first_ = 0;  ///< its first block
    bool fresh_ = false;             ///< none of it had been sent before
    RoundTrip round_trip_;
    std::chrono::milliseconds interval_;
    base::Tick deadline_;
    base::Tick last_progress_;
    std::uint64_t retransmitted_ = 0;
    std::string reason_;
};

}  // namespace musterd::tftp
