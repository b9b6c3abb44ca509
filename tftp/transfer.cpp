#include "tftp/transfer.hpp"

#include <algorithm>
#include <utility>

namespace musterd::tftp {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds first_interval(1);
constexpr milliseconds longest_interval = seconds(8);
constexpr milliseconds longest_silence = seconds(30);  // EDK2 tries for 24 s, U-Boot for longer but every 5 s

constexpr microseconds shortest_guard = milliseconds(2);
constexpr microseconds longest_guard = milliseconds(500);

constexpr std::uint64_t none = UINT64_MAX;
constexpr std::uint64_t wrap_to_zero = 65536;
constexpr std::uint64_t wrap_to_one = 65535;

}  // namespace

Transfer::Transfer(const Agreement& agreement, std::uint64_t file_size, Rollover rollover)
    : size_(file_size),
      blksize_(std::max<std::uint16_t>(agreement.blksize, 1)),
      windowsize_(std::max<std::uint16_t>(agreement.windowsize, 1)),
      timeout_(agreement.timeout),
      rollover_(rollover),
      with_oack_(!agreement.oack.empty()),
      last_(file_size / blksize_ + 1),
      back_from_(none),
      interval_(timeout_.value_or(first_interval)) {
}

Send Transfer::start(base::Tick now) {
    last_progress_ = now;
    if (!with_oack_) {
        state_ = State::sending;
        return slide(now);
    }
    sent_at_ = now;
    rearm(now);
    return Send{.oack = true, .data = {}};
}

Send Transfer::ack(std::uint16_t wire_block, base::Tick now) {
    if (over()) return {};
    const auto block = true_number(wire_block);
    if (!block) return {};  // not in flight: late, or never sent
    if (state_ == State::sending && *block == acked_) {
        const bool lock_step = windowsize_ == 1;
        if (!lock_step && heard_ && back_from_ != acked_) doubt(std::max(quiet_until_, sent_at_ + guard()));
        return {};
    }
    state_ = State::sending;
    heard_ = true;
    acked_ = *block;
    doubtful_ = false;
    last_progress_ = now;
    interval_ = timeout_.value_or(first_interval);
    if (acked_ < sent_) return inside_window(now);
    measure(now);
    if (!complete()) return slide(now);
    state_ = State::finished;
    return {};
}

/// A block behind this one was lost, or came late, or this ACK speaks of a window before we last went back.
Send Transfer::inside_window(base::Tick now) {
    if (now >= quiet_until_) return go_back(now);
    doubt(quiet_until_);
    return slide(now);
}

Send Transfer::request_again(base::Tick now) {
    if (over() || heard_) return {};
    return repeat_answer(now);
}

Send Transfer::tick(base::Tick now) {
    if (over() || now < deadline_) return {};
    if (now - last_progress_ >= patience()) {
        fail(heard_ ? "the client fell silent" : "the client never answered");
        return {};
    }
    if (doubtful_ && now >= doubt_until_) return go_back(now);
    interval_ = timeout_ ? interval_ : std::min(interval_ * 2, longest_interval);
    return repeat_answer(now);
}

Send Transfer::repeat_answer(base::Tick now) {
    if (state_ == State::sending) return go_back(now);
    resent_ = true;
    rearm(now);
    return Send{.oack = true, .data = {}};
}

/// The whole window from the first block that is not acknowledged.
Send Transfer::go_back(base::Tick now) {
    retransmitted_ += sent_ - acked_;
    sent_ = acked_;
    resent_ = true;
    doubtful_ = false;
    back_from_ = acked_;
    quiet_until_ = now + guard();
    return slide(now);
}

/// As many blocks as the window has room for behind those sent already.
Send Transfer::slide(base::Tick now) {
    const auto end = std::min(acked_ + windowsize_, last_);
    const Blocks blocks{sent_ + 1, static_cast<std::uint32_t>(end - sent_)};
    sent_ = end;
    if (!blocks.empty()) sent_at_ = now;
    rearm(now);
    return Send{.oack = false, .data = blocks};
}

void Transfer::doubt(base::Tick until) {
    doubtful_ = true;
    doubt_until_ = until;
    deadline_ = std::min(deadline_, until);
}

/// All in flight is acknowledged: the time that took, unless it is unknown which copy was answered (Karn).
void Transfer::measure(base::Tick now) {
    if (!std::exchange(resent_, false)) {
        const auto sample = std::chrono::duration_cast<microseconds>(now - sent_at_);
        round_trip_ = round_trip_ ? (*round_trip_ * 7 + sample) / 8 : sample;
    }
}

microseconds Transfer::guard() const {
    if (!round_trip_) return longest_guard;
    return std::clamp(*round_trip_ * 2, shortest_guard, longest_guard);
}

void Transfer::error(const ErrorPacket& packet) {
    if (over()) return;
    const bool on_purpose = packet.code == ErrorCode::not_defined || packet.code == ErrorCode::option_negotiation;
    probe_ = with_oack_ && acked_ == 0 && on_purpose;
    fail("the client ended it, error " + std::to_string(static_cast<unsigned>(packet.code)) + ": " +
         printable(packet.text));
    if (probe_) state_ = State::finished;
}

void Transfer::fail(std::string reason) {
    if (over()) return;
    state_ = State::failed;
    reason_ = std::move(reason);
}

void Transfer::rearm(base::Tick now) {
    deadline_ = std::min<base::Tick>(now + interval_, last_progress_ + patience());
    if (doubtful_) deadline_ = std::min(deadline_, doubt_until_);
}

milliseconds Transfer::patience() const {
    const milliseconds three_timeouts = timeout_.value_or(seconds(0)) * 3;
    return std::max(longest_silence, three_timeouts);
}

Extent Transfer::extent(std::uint64_t block) const {
    const auto offset = (block - 1) * blksize_;
    const auto length = std::min<std::uint64_t>(blksize_, size_ - std::min(offset, size_));
    return {offset, static_cast<std::uint16_t>(length)};
}

std::uint16_t Transfer::wire_number(std::uint64_t block) const {
    if (block == 0 || rollover_ == Rollover::to_zero) return static_cast<std::uint16_t>(block % wrap_to_zero);
    return static_cast<std::uint16_t>((block - 1) % wrap_to_one + 1);
}

/// The block that an ACK means: the one between the last acknowledged and the last sent with this wire number.
std::optional<std::uint64_t> Transfer::true_number(std::uint16_t wire_block) const {
    const auto cycle = rollover_ == Rollover::to_zero ? wrap_to_zero : wrap_to_one;
    const auto ahead = (wire_block + cycle - wire_number(acked_)) % cycle;
    const auto block = acked_ + ahead;
    if (block > sent_ || wire_number(block) != wire_block) return std::nullopt;
    return block;
}

std::uint64_t Transfer::acknowledged_bytes() const {
    return std::min(size_, acked_ * blksize_);
}

}  // namespace musterd::tftp
