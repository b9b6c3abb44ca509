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

/// What to put on the wire now; it replaces whatever of an earlier answer is still unsent.
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
/// Loss: an ACK inside the window goes back to the block after it at once. An ACK that repeats the last one is not
/// answered (sorcerer's apprentice), but for one go-back where windowsize > 1, whose loss of a window's first block
/// shows in no other way, and never in two windows in turn. Silence: retransmits the window after 1 s, doubling to
/// 8 s (or each `timeout`), and fails 30 s (or three timeouts) after the last progress.
class Transfer {
public:
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
    [[nodiscard]] bool over() const { return state_ == State::finished || state_ == State::failed; }
    /// True until the first acknowledgement: the client may not have heard of us yet.
    [[nodiscard]] bool unanswered() const { return !heard_; }
    /// The client took the OACK (for the size in it) and ended the transfer on purpose, as EDK2 and Intel ROMs do.
    [[nodiscard]] bool probe() const { return probe_; }
    /// Why it failed; empty while it has not.
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
    Send advance(std::uint64_t block, base::Tick now);
    Send repeated(base::Tick now);
    Send send_window(base::Tick now);
    void progress(base::Tick now);

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
    bool went_back_ = false;         ///< the window in flight is a repetition
    bool went_back_before_ = false;  ///< so was the one before it
    std::chrono::milliseconds interval_{};
    base::Tick deadline_;
    base::Tick last_progress_;
    std::uint64_t retransmitted_ = 0;
    std::string reason_;
};

}  // namespace musterd::tftp
