#include "tftp/transfer.hpp"

#include "simulated_link.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace musterd;
using namespace musterd::tftp;
using namespace std::chrono_literals;
using simulated::agreement;

namespace {

const base::Tick zero{};

bool sends(const Send& send, std::uint64_t first, std::uint32_t count) {
    return !send.oack && send.data == Blocks{first, count};
}

/// A transfer of many blocks in windows of four, whose first window was answered 1 ms after it was sent.
Transfer in_the_middle() {
    Transfer transfer(agreement(512, 4), 512 * 1000);
    transfer.start(zero);
    transfer.ack(0, zero);
    transfer.ack(4, zero + 1ms);
    return transfer;
}

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

TEST_CASE("an ACK inside the window goes back at once") {
    auto transfer = in_the_middle();  // 5 to 8 are in flight
    CHECK(sends(transfer.ack(6, zero + 2ms), 7, 4));
    CHECK(transfer.retransmitted_blocks() == 2);
}

TEST_CASE("a second ACK inside the window soon after only slides on, and goes back if nothing comes of it") {
    auto transfer = in_the_middle();
    transfer.ack(5, zero + 2ms);                               // 6 to 9 again
    CHECK(sends(transfer.ack(7, zero + 2ms + 100us), 10, 2));  // speaks of 6 to 8 of before
    CHECK(transfer.tick(zero + 3ms).nothing());
    CHECK(transfer.deadline() == zero + 4ms);
    CHECK(sends(transfer.tick(zero + 4ms), 8, 4));
}

TEST_CASE("eight equal ACKs cause one going back, not at once, and not when progress comes (case 14)") {
    auto lost = in_the_middle();
    for (int i = 0; i < 8; ++i)
        CHECK(lost.ack(4, zero + 2ms).nothing());
    CHECK(lost.deadline() == zero + 3ms);
    CHECK(sends(lost.tick(zero + 3ms), 5, 4));
    for (int i = 0; i < 8; ++i)
        CHECK(lost.ack(4, zero + 4ms).nothing());
    CHECK(lost.tick(zero + 900ms).nothing());
    CHECK(lost.retransmitted_blocks() == 4);

    auto late = in_the_middle();
    for (int i = 0; i < 8; ++i)
        CHECK(late.ack(4, zero + 2ms).nothing());
    CHECK(sends(late.ack(8, zero + 2ms + 500us), 9, 4));
    CHECK(late.tick(zero + 900ms).nothing());
    CHECK(late.retransmitted_blocks() == 0);
}

TEST_CASE("in lock-step a repeated ACK is never answered (sorcerer's apprentice)") {
    Transfer transfer(agreement(512, 1, false), 512 * 100);
    transfer.start(zero);
    CHECK(sends(transfer.ack(1, zero), 2, 1));
    for (int i = 0; i < 8; ++i)
        CHECK(transfer.ack(1, zero + 1ms).nothing());
    CHECK(transfer.tick(zero + 999ms).nothing());
    CHECK(sends(transfer.tick(zero + 1s), 2, 1));
}

TEST_CASE("ACKs of old blocks and of blocks never sent are passed over") {
    auto transfer = in_the_middle();
    for (const std::uint16_t wire : std::array<std::uint16_t, 6>{0, 1, 3, 9, 1000, 65535}) {
        CAPTURE(wire);
        CHECK(transfer.ack(wire, zero + 2ms).nothing());
    }
    CHECK(transfer.acknowledged_bytes() == 4 * 512);
}

TEST_CASE("silence is met after 1, 2, 4, 8 and 8 seconds and given up after 30") {
    Transfer transfer(agreement(512, 4), 512 * 100);
    CHECK(transfer.start(zero).oack);
    auto at = zero;
    for (const auto wait : {1s, 2s, 4s, 8s, 8s}) {
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

TEST_CASE("a client that falls silent in the middle gets its window again, then is given up") {
    auto transfer = in_the_middle();
    int repeated = 0;
    while (!transfer.over())
        repeated += transfer.tick(transfer.deadline()).data == Blocks{5, 4};
    CHECK(repeated == 5);
    CHECK(transfer.reason() == "the client fell silent");
}

TEST_CASE("equal ACKs for ever keep no transfer alive") {
    auto transfer = in_the_middle();
    auto at = zero + 1ms;
    std::uint64_t sent = 0;
    while (!transfer.over() && at < zero + 60s) {
        at += 10ms;
        sent += transfer.ack(4, at).data.count + transfer.tick(at).data.count;
    }
    CHECK(transfer.over());
    CHECK(sent <= 6 * 4);
}

TEST_CASE("the client's timeout option sets an even pace (case 11)") {
    auto agreed = agreement(1468, 1);
    agreed.timeout = 5s;
    Transfer transfer(agreed, 1000000);
    transfer.start(zero);
    for (const auto at : {5s, 10s, 15s}) {
        CHECK(transfer.deadline() == zero + at);
        CHECK(transfer.tick(zero + at).oack);
    }
}

TEST_CASE("progress sets the pace back to one second") {
    Transfer transfer(agreement(512, 1), 512 * 100);
    transfer.start(zero);
    transfer.tick(zero + 1s);
    transfer.tick(zero + 3s);
    transfer.ack(0, zero + 4s);
    CHECK(transfer.deadline() == zero + 5s);
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
}
