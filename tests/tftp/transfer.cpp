#include "tftp/transfer.hpp"

#include "simulated_link.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace musterd;
using namespace musterd::tftp;
using namespace std::chrono_literals;
using simulated::agreement;

namespace {

constexpr base::Tick zero{};

bool sends(const Send& send, std::uint64_t first, std::uint32_t count) {
    return !send.oack && send.data == Blocks{first, count};
}

/// A transfer of many blocks in windows of four with a round trip of 1 ms; 5 to 8 are sent at `middle`.
constexpr base::Tick middle = zero + 2ms;
Transfer in_the_middle() {
    Transfer transfer(agreement(512, 4), 512 * 1000);
    transfer.start(zero);
    transfer.ack(0, zero + 1ms);
    transfer.ack(4, middle);
    return transfer;
}
constexpr auto answered = 2124us;  // after a third sample of 1 ms: that and four times the variation
constexpr auto timer = 50ms;

}  // namespace

TEST_CASE("with options the OACK comes first, without them block 1 (case 12)") {
    Transfer with(agreement(1024, 1), 5000);
    CHECK(with.start(zero).oack);
    CHECK(sends(with.ack(0, zero), 1, 1));
    Transfer without(agreement(512, 1, false), 5000);
    CHECK(sends(without.start(zero), 1, 1));
    CHECK(sends(without.ack(1, zero), 2, 1));
}

TEST_CASE("the last block is short, and empty when the size is a multiple of the block (case 16)") {
    struct Case {
        std::uint64_t size, last;
        std::uint16_t length;
    };
    const Case cases[]{
        {0, 1, 0}, {1, 1, 1}, {511, 1, 511}, {512, 2, 0}, {513, 2, 1}, {1024, 3, 0}, {1UL << 40U, (1UL << 31U) + 1, 0}};
    for (const auto& one : cases) {
        CAPTURE(one.size);
        const Transfer transfer(agreement(512, 1), one.size);
        CHECK(transfer.last_block() == one.last);
        CHECK(transfer.extent(one.last).length == one.length);
        CHECK(transfer.extent(one.last).offset + one.length == one.size);
    }
}

TEST_CASE("an empty file is one empty block, and then it is complete (case 16)") {
    Transfer transfer(agreement(512, 1, false), 0);
    CHECK(sends(transfer.start(zero), 1, 1));
    CHECK(transfer.ack(1, zero).nothing());
    CHECK(transfer.state() == Transfer::State::finished);
    CHECK(transfer.complete());
    CHECK_FALSE(transfer.probe());
}

TEST_CASE("EDK2's probe ends quietly and is no failure (case 10)") {
    Transfer transfer(agreement(1468, 4), 1000000);
    transfer.start(zero);
    transfer.error({ErrorCode::option_negotiation, "User aborted the transfer"});
    CHECK(transfer.state() == Transfer::State::finished);
    CHECK(transfer.probe());
    CHECK_FALSE(transfer.complete());
    CHECK(transfer.tick(zero + 60s).nothing());
    CHECK(transfer.retransmitted_blocks() == 0);
}

TEST_CASE("iPXE, GRUB and Intel ROMs end a probe with error 0") {
    Transfer transfer(agreement(1456, 1), 1000000);
    transfer.start(zero);
    transfer.ack(0, zero);
    transfer.error({ErrorCode::not_defined, "TFTP Aborted"});
    CHECK(transfer.probe());
}

TEST_CASE("an error in the middle is a failure with the client's words") {
    auto transfer = in_the_middle();
    transfer.error({ErrorCode::disk_full, "no room\n"});
    CHECK(transfer.state() == Transfer::State::failed);
    CHECK_FALSE(transfer.probe());
    CHECK(transfer.reason() == "the client ended it, error 3: no room?");
    CHECK(transfer.acknowledged_bytes() == 4 * 512);
}

TEST_CASE("error 0 after blocks were taken is no probe") {
    auto transfer = in_the_middle();
    transfer.error({ErrorCode::not_defined, "enough"});
    CHECK(transfer.state() == Transfer::State::failed);
    CHECK_FALSE(transfer.probe());
}

TEST_CASE("another's transfer identifier after the OACK is no probe") {
    Transfer transfer(agreement(1456, 1), 1000000);
    transfer.start(zero);
    transfer.error({ErrorCode::unknown_transfer_id, ""});
    CHECK(transfer.state() == Transfer::State::failed);
    CHECK_FALSE(transfer.probe());
}

TEST_CASE("an ACK inside the window goes back when no other answer can come any more") {
    auto soon = in_the_middle();  // 5 to 8 are in flight
    CHECK(soon.ack(6, middle + 1ms).nothing());
    CHECK(soon.deadline() == middle + answered);
    CHECK(sends(soon.tick(middle + answered), 7, 2));
    CHECK(soon.retransmitted_blocks() == 2);

    auto disorder = in_the_middle();  // 6 came twice, and then all was there
    CHECK(disorder.ack(6, middle + 1ms).nothing());
    CHECK(sends(disorder.ack(8, middle + 1100us), 9, 4));
    CHECK(disorder.retransmitted_blocks() == 0);
}

TEST_CASE("an ACK that comes too soon after going back speaks of what was sent before") {
    Transfer transfer(agreement(512, 8), 512 * 1000);
    transfer.start(zero);
    transfer.ack(0, zero + 1ms);
    transfer.ack(8, zero + 2ms);
    transfer.ack(9, zero + 3ms);
    const auto back = transfer.deadline();
    CHECK(sends(transfer.tick(back), 10, 4));
    auto answer = transfer;
    CHECK(transfer.ack(11, back + 200us).nothing());
    CHECK(sends(transfer.tick(transfer.deadline()), 14, 4));
    CHECK(answer.ack(11, back + 1ms).nothing());
    CHECK(sends(answer.tick(answer.deadline()), 12, 2));
}

TEST_CASE("an ACK for all but the last block sent tells of no gap") {
    auto transfer = in_the_middle();
    CHECK(transfer.ack(7, middle + 1ms).nothing());
    CHECK(sends(transfer.tick(middle + answered), 9, 3));
}

TEST_CASE("after a loss a window goes out in bursts, which grow by a block with each window") {
    auto transfer = in_the_middle();
    transfer.ack(6, middle + 1ms);
    auto now = middle + answered;
    CHECK(sends(transfer.tick(now), 7, 2));
    CHECK(transfer.deadline() == now + answered);
    now += answered;
    CHECK(transfer.tick(now - 1us).nothing());
    CHECK(sends(transfer.tick(now), 9, 2));
    CHECK(sends(transfer.ack(10, now + 1ms), 11, 3));
    now = transfer.deadline();
    CHECK(sends(transfer.tick(now), 14, 1));
    CHECK(sends(transfer.ack(14, now + 1ms), 15, 4));
}

TEST_CASE("bursts of a large window double from 16 while nothing is lost") {
    Transfer transfer(agreement(512, 64), 512 * 1000);
    transfer.start(zero);
    CHECK(sends(transfer.ack(0, zero + 1ms), 1, 16));
    for (const std::uint64_t first : {17U, 33U, 49U})
        CHECK(sends(transfer.tick(transfer.deadline()), first, 16));
    CHECK(sends(transfer.ack(64, zero + 9ms), 65, 32));
    CHECK(sends(transfer.tick(transfer.deadline()), 97, 32));
    CHECK(sends(transfer.ack(128, zero + 15ms), 129, 64));
}

TEST_CASE("while there are losses the client of a large window is asked where it is, told more, and sent back") {
    Transfer transfer(agreement(512, 64), 512 * 1000);
    transfer.start(zero);
    transfer.ack(0, zero + 1ms);
    auto now = zero + 1ms;
    for (std::uint16_t block = 1; block < 4; ++block) {  // each time the next block is lost: bursts of 8, 4, 2
        now += 1ms;
        transfer.ack(block, now);
        now = transfer.deadline();
        CHECK(transfer.tick(now).data.first == block + 1U);
    }
    std::vector<Blocks> sent;
    while (sent.size() < 13)
        sent.push_back(transfer.tick(transfer.deadline()).data);
    CHECK(sent[0] == Blocks{6, 2});  // 4 and 5 went before
    CHECK(sent[6] == Blocks{18, 2});
    CHECK(sent[7] == Blocks{19, 1});  // asks
    CHECK(sent[8] == Blocks{20, 2});  // something new
    CHECK(sent[9] == Blocks{21, 1});
    CHECK(sent[10] == Blocks{22, 2});
    CHECK(transfer.retransmitted_blocks() > 0);
}

TEST_CASE("eight equal ACKs cause one going back, not at once, and not when progress comes (case 14)") {
    auto lost = in_the_middle();
    for (int i = 0; i < 8; ++i)
        CHECK(lost.ack(4, middle + 1ms).nothing());
    CHECK(lost.deadline() == middle + 2500us);
    CHECK(sends(lost.tick(middle + 2500us), 5, 2));
    for (int i = 0; i < 8; ++i)
        CHECK(lost.ack(4, middle + 5ms).nothing());
    CHECK(lost.tick(middle + 5ms + timer - 1us).nothing());
    CHECK(lost.retransmitted_blocks() == 2);
    CHECK(sends(lost.tick(middle + 5ms + timer), 5, 2));

    auto late = in_the_middle();
    for (int i = 0; i < 8; ++i)
        CHECK(late.ack(4, middle + 1ms).nothing());
    CHECK(sends(late.ack(8, middle + 1500us), 9, 4));
    CHECK(late.tick(middle + timer).nothing());
    CHECK(late.retransmitted_blocks() == 0);
}

TEST_CASE("in lock-step a repeated ACK is never answered (sorcerer's apprentice)") {
    Transfer transfer(agreement(512, 1, false), 512 * 100);
    transfer.start(zero);
    CHECK(sends(transfer.ack(1, zero + 1ms), 2, 1));
    for (int i = 0; i < 8; ++i)
        CHECK(transfer.ack(1, zero + 3ms).nothing());
    CHECK(transfer.tick(zero + 1ms + timer - 1us).nothing());
    CHECK(sends(transfer.tick(zero + 1ms + timer), 2, 1));
}

TEST_CASE("ACKs of old blocks and of blocks never sent are passed over") {
    auto transfer = in_the_middle();
    for (const std::uint16_t wire : std::array<std::uint16_t, 6>{0, 1, 3, 9, 1000, 65535}) {
        CAPTURE(wire);
        CHECK(transfer.ack(wire, zero + 2ms).nothing());
    }
    CHECK(transfer.acknowledged_bytes() == 4 * 512);
}

TEST_CASE("an OACK is repeated after 6 s and each 8 s, later than clients repeat themselves, and given up after 30") {
    Transfer transfer(agreement(512, 4), 512 * 100);
    CHECK(transfer.start(zero).oack);
    auto at = zero;
    for (const auto wait : {6s, 8s, 8s}) {
        CHECK(transfer.tick(transfer.deadline() - 1ms).nothing());
        CHECK(transfer.deadline() == at + wait);
        at += wait;
        CHECK(transfer.tick(at).oack);
    }
    CHECK(transfer.deadline() == zero + 30s);
    CHECK(transfer.tick(zero + 30s).nothing());
    CHECK(transfer.state() == Transfer::State::failed);
    CHECK(transfer.reason() == "the client never answered");
}

TEST_CASE("a client that falls silent is asked by the window's last block, then gets the window, then is given up") {
    auto transfer = in_the_middle();
    CHECK(transfer.deadline() == middle + timer);
    CHECK(sends(transfer.tick(middle + timer), 8, 1));
    CHECK(transfer.deadline() == middle + 3 * timer);
    CHECK(sends(transfer.tick(middle + 3 * timer), 5, 2));
    int windows = 1;
    auto last = middle;
    while (!transfer.over()) {
        last = transfer.deadline();
        windows += transfer.tick(last).data.first == 5;
    }
    CHECK(windows == 9);  // after 0.1, 0.2, 0.4 and so on, up to 8 s
    CHECK(last == middle + 30s);
    CHECK(transfer.reason() == "the client fell silent");
}

TEST_CASE("a window of which only the end was lost costs one block more") {
    auto transfer = in_the_middle();
    CHECK(sends(transfer.tick(middle + timer), 8, 1));
    CHECK(sends(transfer.ack(8, middle + timer + 1ms), 9, 4));
    CHECK(transfer.retransmitted_blocks() == 1);
}

TEST_CASE("equal ACKs for ever keep no transfer alive") {
    auto transfer = in_the_middle();
    auto at = middle;
    std::uint64_t sent = 0;
    while (!transfer.over() && at < middle + 60s) {
        at += 10ms;
        sent += transfer.ack(4, at).data.count + transfer.tick(at).data.count;
    }
    CHECK(transfer.over());
    CHECK(sent <= 12 * 4);
}

TEST_CASE("the client's timeout option is the longest interval (case 11)") {
    auto agreed = agreement(1468, 1);
    agreed.timeout = 3s;
    Transfer transfer(agreed, 1000000);
    transfer.start(zero);
    for (const auto at : {4s, 8s, 12s}) {
        CHECK(transfer.deadline() == zero + at);
        CHECK(transfer.tick(zero + at).oack);
    }
    CHECK(sends(transfer.ack(0, zero + 12s + 1ms), 1, 1));
    CHECK(sends(transfer.ack(1, zero + 12s + 2ms), 2, 1));
    auto at = zero + 12s + 2ms;
    for (const auto wait : {50ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 3000ms, 3000ms}) {
        CHECK(transfer.deadline() == at + wait);
        at += wait;
        CHECK(sends(transfer.tick(at), 2, 1));
    }
}

TEST_CASE("the interval stays backed off until something that was sent once is answered (Karn)") {
    Transfer transfer(agreement(512, 1), 512 * 100);
    transfer.start(zero);
    transfer.ack(0, zero + 1ms);
    transfer.tick(zero + 1ms + timer);
    const auto later = zero + 80ms;
    CHECK(sends(transfer.ack(1, later), 2, 1));
    CHECK(transfer.deadline() == later + 2 * timer);
    CHECK(sends(transfer.ack(2, later + 1ms), 3, 1));
    CHECK(transfer.deadline() == later + 1ms + timer);
}

TEST_CASE("a request that comes again is answered again until we were heard (case 15)") {
    Transfer transfer(agreement(512, 4), 512 * 100);
    transfer.start(zero);
    CHECK(transfer.unanswered());
    CHECK(transfer.request_again(zero + 400ms).oack);
    CHECK(transfer.request_again(zero + 800ms).oack);
    transfer.ack(0, zero + 900ms);
    CHECK_FALSE(transfer.unanswered());
    CHECK(transfer.request_again(zero + 1s).nothing());

    Transfer plain(agreement(512, 1, false), 512 * 100);
    plain.start(zero);
    CHECK(sends(plain.request_again(zero + 400ms), 1, 1));
}

TEST_CASE("the number after 65535 is 0, or 1 where that is chosen (case 13)") {
    const Transfer to_zero(agreement(512, 1), 512UL * 200000);
    CHECK(to_zero.wire_number(65535) == 65535);
    CHECK(to_zero.wire_number(65536) == 0);
    CHECK(to_zero.wire_number(131072) == 0);
    const Transfer to_one(agreement(512, 1), 512UL * 200000, Rollover::to_one);
    CHECK(to_one.wire_number(65535) == 65535);
    CHECK(to_one.wire_number(65536) == 1);
    CHECK(to_one.wire_number(131071) == 1);
    auto asked = agreement(512, 1);
    asked.rollover = Rollover::to_one;
    CHECK(Transfer(asked, 512UL * 200000, Rollover::to_zero).wire_number(65536) == 1);
    asked.rollover = Rollover::to_zero;
    CHECK(Transfer(asked, 512UL * 200000, Rollover::to_one).wire_number(65536) == 0);
}
