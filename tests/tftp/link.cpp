// Whole transfers between tftp::Transfer and a simulated client, in virtual time.
#include "simulated_link.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace musterd::tftp;
using namespace musterd::tftp::simulated;

namespace {

constexpr Habit habits[]{Habit::once, Habit::each_block};

/// Runs eight seeds; gives the greatest ratio of bytes on the wire to bytes of the file.
double worst_ratio(Setup setup) {
    double worst = 0;
    for (setup.seed = 1; setup.seed <= 8; ++setup.seed) {
        const auto outcome = Simulation(setup).run();
        CAPTURE(setup.seed);
        CAPTURE(setup.windowsize);
        CHECK(outcome.mistake == "");
        CHECK(outcome.client_has_all);
        CHECK(outcome.server_finished);
        worst = std::max(worst, static_cast<double>(outcome.data_bytes) / static_cast<double>(setup.size));
    }
    return worst;
}

}  // namespace

TEST_CASE("200 MB in blocks of 512 pass the counter's end six times without a mistake (case 13)") {
    for (const std::uint16_t window : std::array<std::uint16_t, 3>{1, 4, 16}) {
        for (const auto rollover : {Rollover::to_zero, Rollover::to_one}) {
            Setup setup{.size = 200'000'000, .blksize = 512, .windowsize = window, .rollover = rollover};
            CAPTURE(window);
            const auto outcome = Simulation(setup).run();
            CHECK(outcome.mistake == "");
            CHECK(outcome.client_has_all);
            CHECK(outcome.server_finished);
            CHECK(outcome.data_bytes == setup.size);
            CHECK(outcome.retransmitted == 0);
        }
    }
}

TEST_CASE("the counter's end is passed under loss too (case 13)") {
    for (const auto rollover : {Rollover::to_zero, Rollover::to_one}) {
        Setup setup{.size = 40'000'000, .blksize = 512, .windowsize = 4, .rollover = rollover};
        setup.link = {.loss = 0.01, .repeat = 0.01, .reorder = 0.01};
        CHECK(worst_ratio(setup) < 1.25);
    }
}

TEST_CASE("at 5 % loss every transfer ends, with less than 1.5 times the file on the wire (case 14)") {
    for (const auto habit : habits) {
        for (const std::uint16_t window : std::array<std::uint16_t, 7>{1, 2, 4, 8, 16, 32, 64}) {
            Setup setup{.size = 8'000'000, .windowsize = window, .habit = habit, .link = {.loss = 0.05}};
            CHECK(worst_ratio(setup) < 1.5);
        }
    }
}

TEST_CASE("loss, repetition and disorder at once cost less than 1.5 times the file too") {
    for (const auto habit : habits) {
        for (const std::uint16_t window : std::array<std::uint16_t, 3>{1, 16, 64}) {
            Setup setup{.size = 8'000'000, .windowsize = window, .habit = habit};
            setup.link = {.loss = 0.05, .repeat = 0.01, .reorder = 0.01};
            CHECK(worst_ratio(setup) < 1.5);
        }
    }
}

TEST_CASE("at 0.1 % loss a wide window costs little, in bytes and in time") {
    for (const auto habit : habits) {
        Setup setup{.size = 20'000'000, .windowsize = 64, .habit = habit};
        const auto clean = Simulation(setup).run().took;
        setup.link = {.loss = 0.001};
        CHECK(worst_ratio(setup) < 1.1);
        CHECK(Simulation(setup).run().took < 4 * clean);
    }
}

TEST_CASE("repeated datagrams do not breed more (case 14)") {
    for (const auto habit : habits) {
        for (const std::uint16_t window : std::array<std::uint16_t, 5>{1, 4, 16, 32, 64}) {
            Setup setup{.size = 2'000'000, .windowsize = window, .habit = habit, .link = {.repeat = 0.05}};
            CHECK(worst_ratio(setup) < 1.2);
        }
    }
}

TEST_CASE("datagrams out of order cost little") {
    for (const auto habit : habits) {
        for (const std::uint16_t window : std::array<std::uint16_t, 5>{1, 2, 4, 16, 64}) {
            Setup setup{.size = 2'000'000, .windowsize = window, .habit = habit, .link = {.reorder = 0.01}};
            CHECK(worst_ratio(setup) < 1.2);
        }
    }
}

TEST_CASE("loss, repetition and disorder together end well, with and without options") {
    for (const bool with_oack : {true, false}) {
        Setup setup{.size = 500'000, .with_oack = with_oack, .link = {.loss = 0.1, .repeat = 0.05, .reorder = 0.05}};
        setup.blksize = with_oack ? 1468 : 512;
        CHECK(worst_ratio(setup) < 1.5);
    }
}

TEST_CASE("sizes around a block's end arrive whole over a bad link (case 16)") {
    for (const std::uint64_t size : {0UL, 1UL, 1467UL, 1468UL, 1469UL, 4UL * 1468, 16UL * 1468, 16UL * 1468 + 1}) {
        CAPTURE(size);
        for (const std::uint16_t window : std::array<std::uint16_t, 3>{1, 4, 16}) {
            Setup setup{.size = size, .windowsize = window, .link = {.loss = 0.1, .repeat = 0.1, .reorder = 0.1}};
            worst_ratio(setup);
        }
    }
}
