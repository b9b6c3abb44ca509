#include "server/api/packet_ring.hpp"

namespace musterd::api {

namespace {

constexpr std::size_t ip_header = 20;
constexpr std::size_t udp_header = 8;

std::uint16_t checksum(base::ByteView header) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < header.size(); i += 2)
        sum += static_cast<std::uint32_t>(header[i]) << 8 | header[i + 1];
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

base::Bytes ip_packet(const RawPacket& packet) {
    const auto total = ip_header + udp_header + packet.payload.size();
    const auto header = [&](std::uint16_t sum) {
        base::ByteWriter ip;
        ip.u16(0x4500);
        ip.u16(static_cast<std::uint16_t>(total));
        ip.u32(0);       // identification, flags, offset
        ip.u16(0x4011);  // time to live 64, UDP
        ip.u16(sum);
        ip.u32(packet.from.address.value());
        ip.u32(packet.to.address.value());
        return ip.release();
    };
    base::ByteWriter whole;
    whole.bytes(header(checksum(header(0))));
    whole.u16(packet.from.port);
    whole.u16(packet.to.port);
    whole.u16(static_cast<std::uint16_t>(udp_header + packet.payload.size()));
    whole.u16(0);
    whole.bytes(packet.payload);
    return whole.release();
}

}  // namespace

std::size_t PacketRing::cost(const RawPacket& packet) {
    constexpr std::size_t beside = 128;  // of the packet, and its share of its machine
    return packet.payload.size() + beside;
}

void PacketRing::drop_oldest(Machine& machine) {
    bytes_left_ += cost(machine.packets.front());
    machine.packets.pop_front();
    if (!machine.packets.empty()) return;
    const auto known = by_mac_.find(machine.mac);
    machines_.erase(known->second);
    by_mac_.erase(known);
}

void PacketRing::keep(base::Mac mac, RawPacket packet) {
    if (mac.none() || packet.payload.size() > longest) return;
    const auto needed = cost(packet);
    while (bytes_left_ < needed && !machines_.empty())
        drop_oldest(machines_.front());
    if (bytes_left_ < needed) return;
    bytes_left_ -= needed;
    const auto known = by_mac_.find(mac);
    if (known == by_mac_.end()) {
        machines_.push_back({mac, {}});
        by_mac_.emplace(mac, std::prev(machines_.end()));
    } else {
        machines_.splice(machines_.end(), machines_, known->second);
    }
    auto& machine = machines_.back();
    machine.packets.push_back(std::move(packet));
    if (machine.packets.size() > of_each) drop_oldest(machine);
}

std::vector<RawPacket> PacketRing::of(base::Mac mac) const {
    const auto known = by_mac_.find(mac);
    if (known == by_mac_.end()) return {};
    return {known->second->packets.begin(), known->second->packets.end()};
}

base::Bytes to_pcap(const std::vector<RawPacket>& packets) {
    constexpr std::uint32_t magic = 0xa1b2c3d4;  // microseconds, in this byte order
    constexpr std::uint32_t linktype_raw = 101;
    constexpr std::uint32_t most = 65535;
    base::ByteWriter file;
    file.u32(magic);
    file.u16(2);
    file.u16(4);
    file.u32(0);
    file.u32(0);
    file.u32(most);
    file.u32(linktype_raw);
    for (const auto& packet : packets) {
        const auto bytes = ip_packet(packet);
        const auto milliseconds = packet.time.time_since_epoch().count();
        file.u32(static_cast<std::uint32_t>(milliseconds / 1000));
        file.u32(static_cast<std::uint32_t>(milliseconds % 1000 * 1000));
        file.u32(static_cast<std::uint32_t>(bytes.size()));
        file.u32(static_cast<std::uint32_t>(bytes.size()));
        file.bytes(bytes);
    }
    return file.release();
}

}  // namespace musterd::api
