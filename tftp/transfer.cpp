#include "tftp/transfer.hpp"

#include <algorithm>
#include <utility>

namespace musterd::tftp {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds usual_longest_interval = seconds(8);
constexpr milliseconds longest_silence = seconds(30);  // EDK2 tries for 24 s, U-Boot for longer but every 5 s
constexpr milliseconds clients_interval = seconds(5);  // the longest of those in the field: atftp, U-Boot, tftp-hpa
constexpr std::uint32_t ask_after = 16;                // blocks: at 5 % loss one in twenty is lost
constexpr unsigned most_asked = 2;
constexpr std::uint16_t first_burst = 8;     // doubled by the ACK that the first window follows
constexpr std::uint32_t shortest_burst = 2;  // of one block alone a client cannot see a gap

constexpr std::uint64_t none = UINT64_MAX;
constexpr std::uint64_t wrap_to_zero = 65536;
constexpr std::uint64_t wrap_to_one = 65535;

}  // namespace

Transfer::Transfer(const Agreement& agreement, std::uint64_t file_size, Rollover usual)
    : size_(file_size),
      blksize_(std::max<std::uint16_t>(agreement.blksize, 1)),
      windowsize_(std::max<std::uint16_t>(agreement.windowsize, 1)),
      timeout_(agreement.timeout),
      rollover_(agreement.rollover.value_or(usual)),
      with_oack_(!agreement.oack.empty()),
      last_(file_size / blksize_ + 1),
      burst_(std::min(windowsize_, first_burst)),
      back_from_(none),
      interval_(round_trip_.timeout()) {
}

Send Transfer::start(base::Tick now) {
    last_progress_ = now;
    fresh_ = true;
    if (with_oack_) {
        interval_ = (timeout_ ? milliseconds(*timeout_) : clients_interval) + seconds(1);
        return offer(now);
    }
    state_ = State::sending;
    return slide(now);
}

Send Transfer::offer(base::Tick now) {
    sent_at_ = now;
    rearm(now);
    return Send{.oack = true, .data = {}};
}

Send Transfer::ack(std::uint16_t wire_block, base::Tick now) {
    if (over()) return {};
    const auto block = true_number(wire_block);
    if (!block) return {};  // not in flight: late, or never sent
    if (state_ == State::sending && *block == acked_) return repeated(now);
    if (std::exchange(state_, State::sending) == State::negotiating) interval_ = round_trip_.timeout();
    measure(*block, now);
    heard_ = true;
    acked_ = *block;
    gap_ = Gap::none;
    asked_ = 0;
    last_progress_ = now;
    if (acked_ < sent_) return inside_window(now);
    sent_ = acked_;
    no_loss();
    if (!complete()) return slide(now);
    state_ = State::finished;
    return {};
}

/// A block behind this one was lost; or the ACK is old news, and what was sent since will have its own answer.
Send Transfer::inside_window(base::Tick now) {
    rearm(now);
    return tells_of_gap(now) ? suspect_gap(now) : Send{};
}

/// In a window the first block may be lost. It is sent again for that once; then only silence helps.
Send Transfer::repeated(base::Tick now) {
    if (!heard_ || gap_ != Gap::none || !tells_of_gap(now)) return {};
    if (back_from_ != acked_) return suspect_gap(now);
    gap_ = Gap::known;
    rearm(now);
    return {};
}

Send Transfer::suspect_gap(base::Tick now) {
    const auto answered = sent_at_ + round_trip_.answer();
    if (now >= answered) return go_back(now);
    gap_ = Gap::suspected;
    deadline_ = std::min(deadline_, answered);
    return {};
}

/// An ACK before the window's end speaks of a gap when a block behind that gap was sent, and if the client can have
/// known of the last time that the missing block was sent. Else it was caused by a datagram that came twice or late.
bool Transfer::tells_of_gap(base::Tick now) const {
    const bool in_time = acked_ + 1 < burst_first_ || now - sent_at_ >= round_trip_.earliest();
    return acked_ + 2 <= sent_ && in_time;
}

Send Transfer::request_again(base::Tick now) {
    if (over() || heard_) return {};
    fresh_ = false;
    return state_ == State::negotiating ? offer(now) : go_back(now);
}

Send Transfer::tick(base::Tick now) {
    if (over() || now < deadline_) return {};
    if (now - last_progress_ >= patience()) {
        fail(heard_ ? "the client fell silent" : "the client never answered");
        return {};
    }
    if (gap_ == Gap::suspected) return go_back(now);
    if (to_be_asked()) return asked_ < most_asked ? probe_tail(now) : go_back(now);
    return paused() ? slide(now) : silence(now);
}

Send Transfer::silence(base::Tick now) {
    back_off();
    if (state_ == State::negotiating) return offer(now);
    const bool tail_may_be_lost = gap_ == Gap::none && asked_ == 0 && sent_ > acked_ + 1;
    if (tail_may_be_lost) return probe_tail(now);
    ++asked_;
    return go_back(now);
}

Send Transfer::probe_tail(base::Tick now) {
    ++asked_;
    ++retransmitted_;
    fresh_ = false;
    burst_first_ = sent_;
    sent_at_ = now;
    rearm(now);
    return Send{.oack = false, .data = {sent_, 1}};
}

/// From the first block that is not acknowledged.
Send Transfer::go_back(base::Tick now) {
    burst_ = std::clamp<std::uint32_t>(burst_ / 2, std::min<std::uint32_t>(shortest_burst, windowsize_), windowsize_);
    losses_ = true;
    sent_ = acked_;
    gap_ = Gap::none;
    back_from_ = acked_;
    return slide(now);
}

/// One burst of the blocks that the window has room for behind those sent already.
Send Transfer::slide(base::Tick now) {
    const auto first = sent_ + 1;
    const auto count = std::min<std::uint64_t>(window_end() - sent_, burst_);
    if (count > 0) {
        sent_ += count;
        fresh_ = first > highest_;
        retransmitted_ += std::min(sent_, highest_) - std::min(first - 1, highest_);
        highest_ = std::max(highest_, sent_);
        burst_first_ = first;
        sent_at_ = now;
    }
    rearm(now);
    return Send{.oack = false, .data = {first, static_cast<std::uint32_t>(count)}};
}

/// Called for windows, not for bursts: then 5 % loss keeps bursts at two or three blocks, 1 % at about ten.
void Transfer::no_loss() {
    burst_ = std::min<std::uint32_t>(losses_ ? burst_ + 1 : burst_ * 2, windowsize_);
}

/// The time from a burst to the ACK that it caused: that of its end, or of a gap in it. Until there is a new measure
/// the interval stays as it was, also when it was backed off (RFC 6298 5.7).
void Transfer::measure(std::uint64_t block, base::Tick now) {
    if (!fresh_ || block + 1 < burst_first_) return;
    round_trip_.add(std::chrono::duration_cast<microseconds>(now - sent_at_));
    interval_ = std::min(round_trip_.timeout(), longest_interval());
}

void Transfer::back_off() {
    fresh_ = false;
    interval_ = std::min(interval_ * 2, std::max(longest_interval(), interval_));
}

milliseconds Transfer::longest_interval() const {
    return timeout_ ? milliseconds(*timeout_) : usual_longest_interval;
}

void Transfer::rearm(base::Tick now) {
    const bool soon = paused() || to_be_asked();
    const base::Tick next = soon ? sent_at_ + round_trip_.answer() : now + interval_;
    deadline_ = std::min<base::Tick>(next, last_progress_ + patience());
}

/// More of the window is to be sent when no word of a gap came.
bool Transfer::paused() const {
    return state_ == State::sending && gap_ == Gap::none && sent_ < window_end();
}

/// A part of the window is sent that the client acknowledges only when it is asked to.
bool Transfer::to_be_asked() const {
    const bool whole = sent_ >= std::min(acked_ + windowsize_, last_);
    const bool part = state_ == State::sending && gap_ == Gap::none && sent_ >= window_end() && !whole;
    return part && (asked_ < most_asked || back_from_ != acked_);
}

milliseconds Transfer::patience() const {
    const milliseconds three_timeouts = timeout_.value_or(seconds(0)) * 3;
    return std::max(longest_silence, three_timeouts);
}

/// While there are losses only a part, and one burst more each time that asking had no answer: a client that throws
/// away what it has already speaks again when it gets something new.
std::uint64_t Transfer::window_end() const {
    const auto part = std::max(ask_after, 2 * burst_) + asked_ * burst_;
    const bool in_parts = losses_ && burst_ < windowsize_;
    const auto count = in_parts ? std::min<std::uint32_t>(part, windowsize_) : windowsize_;
    return std::min(acked_ + count, last_);
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

Extent Transfer::extent(std::uint64_t block) const {
    const auto offset = (block - 1) * blksize_;
    const auto length = std::min<std::uint64_t>(blksize_, size_ - std::min(offset, size_));
    return {offset, static_cast<std::uint16_t>(length)};
}

std::uint16_t Transfer::wire_number(std::uint64_t block) const {
    if (block == 0 || rollover_ == Rollover::to_zero) return static_cast<std::uint16_t>(block % wrap_to_zero);
    return static_cast<std::uint16_t>((block - 1) % wrap_to_one + 1);
}

/// The block that an ACK means: the one between the last acknowledged and the last ever sent with this wire number.
std::optional<std::uint64_t> Transfer::true_number(std::uint16_t wire_block) const {
    const auto cycle = rollover_ == Rollover::to_zero ? wrap_to_zero : wrap_to_one;
    const auto ahead = (wire_block + cycle - wire_number(acked_)) % cycle;
    const auto block = acked_ + ahead;
    if (block > highest_ || wire_number(block) != wire_block) return std::nullopt;
    return block;
}

std::uint64_t Transfer::acknowledged_bytes() const {
    return std::min(size_, acked_ * blksize_);
}

}  // namespace musterd::tftp
