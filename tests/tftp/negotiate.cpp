#include "tftp/negotiate.hpp"

#include <doctest/doctest.h>

using namespace musterd::tftp;

namespace {

FileRequest asking(std::vector<Option> options, Mode mode = Mode::octet) {
    return {Opcode::RRQ, "file", mode, std::move(options)};
}

using Options = std::vector<Option>;

}  // namespace

TEST_CASE("what field clients ask for is answered as they need it (cases 10, 11, 12)") {
    struct Case {
        const char* client;
        Options asked, oack;
    };
    const std::vector<Case> cases{
        {"EDK2 probe",
         {{"tsize", "0"}, {"blksize", "1468"}, {"windowsize", "4"}},
         {{"tsize", "1000000"}, {"blksize", "1468"}, {"windowsize", "4"}}},
        {"EDK2 read", {{"blksize", "1468"}, {"windowsize", "4"}}, {{"blksize", "1468"}, {"windowsize", "4"}}},
        {"U-Boot",
         {{"timeout", "5"}, {"tsize", "0"}, {"blksize", "1468"}},
         {{"timeout", "5"}, {"tsize", "1000000"}, {"blksize", "1468"}}},
        {"GRUB", {{"blksize", "1024"}, {"tsize", "0"}}, {{"blksize", "1024"}, {"tsize", "1000000"}}},
        {"iPXE", {{"blksize", "1432"}, {"tsize", "0"}}, {{"blksize", "1432"}, {"tsize", "1000000"}}},
        {"plain RFC 1350", {}, {}},
    };
    for (const auto& one : cases) {
        CAPTURE(one.client);
        CHECK(negotiate(asking(one.asked), 1000000, {}).oack == one.oack);
    }
}

TEST_CASE("a value is lowered to the limit, never raised, and out of range left out") {
    struct Case {
        Option asked;
        Options oack;
    };
    const std::vector<Case> cases{
        {{"blksize", "8"}, {{"blksize", "8"}}},
        {{"blksize", "7"}, {}},
        {{"blksize", "1469"}, {{"blksize", "1468"}}},
        {{"blksize", "65464"}, {{"blksize", "1468"}}},
        {{"blksize", "70000"}, {{"blksize", "1468"}}},
        {{"blksize", "-5"}, {}},
        {{"blksize", ""}, {}},
        {{"windowsize", "1"}, {{"windowsize", "1"}}},
        {{"windowsize", "0"}, {}},
        {{"windowsize", "64"}, {{"windowsize", "64"}}},
        {{"windowsize", "65535"}, {{"windowsize", "64"}}},
        {{"timeout", "0"}, {}},
        {{"timeout", "255"}, {{"timeout", "255"}}},
        {{"timeout", "256"}, {}},
        {{"TSize", "0"}, {{"TSize", "1000000"}}},
        {{"tsize", "banana"}, {}},
        {{"multicast", ""}, {}},
        {{"rollover", "0"}, {{"rollover", "0"}}},
        {{"rollover", "1"}, {{"rollover", "1"}}},
        {{"rollover", "2"}, {}},
        {{"x-unknown", "1"}, {}},
    };
    for (const auto& one : cases) {
        CAPTURE(one.asked.name);
        CAPTURE(one.asked.value);
        CHECK(negotiate(asking({one.asked}), 1000000, {}).oack == one.oack);
    }
}

TEST_CASE("what was agreed is what is used") {
    const auto agreed = negotiate(asking({{"blksize", "1024"}, {"windowsize", "8"}, {"timeout", "3"}}), 1, {});
    CHECK(agreed.blksize == 1024);
    CHECK(agreed.windowsize == 8);
    CHECK(agreed.timeout == std::chrono::seconds(3));
    const auto plain = negotiate(asking({}), 1, {});
    CHECK(plain.blksize == 512);
    CHECK(plain.windowsize == 1);
    CHECK_FALSE(plain.timeout);
    CHECK_FALSE(plain.rollover);
    CHECK(negotiate(asking({{"rollover", "1"}}), 1, {}).rollover == Rollover::to_one);
    CHECK(negotiate(asking({{"rollover", "0"}}), 1, {}).rollover == Rollover::to_zero);
}

TEST_CASE("tsize is told in octet mode only") {
    CHECK(negotiate(asking({{"tsize", "0"}}, Mode::netascii), 9, {}).oack.empty());
}

TEST_CASE("blocks are as long as the way out carries whole") {
    struct Case {
        unsigned mtu;
        std::uint16_t four, six;
    };
    const Case cases[]{{1500, 1468, 1448}, {9000, 8968, 8948}, {576, 544, 524}, {65536, 65464, 65464}, {0, 8, 8}};
    for (const auto& one : cases) {
        CHECK(blksize_for_mtu(one.mtu, IpVersion::four) == one.four);
        CHECK(blksize_for_mtu(one.mtu, IpVersion::six) == one.six);
    }
}
