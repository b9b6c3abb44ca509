#include "server/api/packet_ring.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using api::PacketRing;
using api::RawPacket;

namespace {

base::Mac mac(int number) {
    return *base::Mac::parse("52:54:00:00:0" + std::to_string(number / 10) + ":0" + std::to_string(number % 10));
}

RawPacket packet(std::uint8_t mark, std::size_t size = 300) {
    RawPacket made;
    made.time = base::Time(std::chrono::milliseconds(1'795'253'400'125));
    made.from = {base::Ipv4(0), 68};
    made.to = {base::Ipv4(0xffffffff), 67};
    made.payload.assign(size, mark);
    return made;
}

}  // namespace

TEST_CASE("of each machine the last packets are kept, oldest first") {
    PacketRing ring;
    CHECK(ring.of(mac(1)).empty());
    for (int i = 0; i < 100; ++i)
        ring.keep(mac(1), packet(static_cast<std::uint8_t>(i)));
    ring.keep(mac(2), packet(7));
    const auto kept = ring.of(mac(1));
    REQUIRE(kept.size() == PacketRing::of_each);
    CHECK(kept.front().payload.front() == 36);
    CHECK(kept.back().payload.front() == 99);
    CHECK(ring.of(mac(2)).size() == 1);
}

TEST_CASE("a flood of made-up machines, or of large packets, takes no more memory than allowed") {
    PacketRing ring(10 * (300 + 128));
    for (int i = 0; i < 50; ++i)
        ring.keep(mac(i), packet(1));
    std::size_t kept = 0;
    for (int i = 0; i < 50; ++i)
        kept += ring.of(mac(i)).size();
    CHECK(kept == 10);
    CHECK(ring.of(mac(49)).size() == 1);
    CHECK(ring.of(mac(39)).empty());
    ring.keep(mac(1), packet(1, 9000));
    ring.keep(base::Mac(), packet(1));
    CHECK(ring.of(mac(1)).empty());
    CHECK(ring.of(base::Mac()).empty());
    // One that goes on is not forgotten before those who are silent.
    ring.keep(mac(49), packet(2));
    for (int i = 0; i < 9; ++i)
        ring.keep(mac(i), packet(1));
    CHECK(ring.of(mac(49)).size() >= 1);
}

TEST_CASE("a capture is a pcap of IPv4 packets whose headers add up") {
    const auto file = api::to_pcap({packet(5, 301), packet(6, 10)});
    const base::ByteView view(file);
    CHECK(base::to_hex(view.first(24)) ==
          "a1b2c3d400020004000000000000000000"
          "00ffff00000065");
    const auto record = view.subspan(24);
    CHECK(base::to_hex(record.first(16)) ==
          "6b01649800"
          "01e848"
          "0000014900000149");
    const auto ip = record.subspan(16);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < 20; i += 2)
        sum += static_cast<std::uint32_t>(ip[i] << 8 | ip[i + 1]);
    CHECK((sum & 0xffff) + (sum >> 16) == 0xffff);
    CHECK(base::to_hex(ip.subspan(20, 8)) ==
          "00440043013500"
          "00");
    CHECK(file.size() == 24 + 2 * (16 + 28) + 311);
    CHECK(api::to_pcap({}).size() == 24);
}
