#pragma once

#include "server/base/address.hpp"
#include "server/base/bytes.hpp"
#include "server/base/clock.hpp"

#include <deque>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace musterd::api {

/// A DHCP datagram as it came or went.
struct RawPacket {
    base::Time time;
    base::Endpoint from;
    base::Endpoint to;
    base::Bytes payload;
};

/// The last DHCP datagrams of each machine, in memory: some 60 of each, of a few thousand machines; of whom was heard
/// longest ago is forgotten first. Anybody can make up MACs, so all of it is bounded.
class PacketRing {
public:
    static constexpr std::size_t of_each = 64;
    static constexpr std::size_t most_bytes = 8U << 20;
    static constexpr std::size_t longest = 1500;  ///< of a packet; what is longer is left out

    explicit PacketRing(std::size_t bytes = most_bytes) : bytes_left_(bytes) {}

    void keep(base::Mac mac, RawPacket packet);
    /// Oldest first.
    [[nodiscard]] std::vector<RawPacket> of(base::Mac mac) const;

private:
    struct Machine {
        base::Mac mac;
        std::deque<RawPacket> packets;
    };
    static std::size_t cost(const RawPacket& packet);
    void drop_oldest(Machine& machine);

    std::size_t bytes_left_;
    std::list<Machine> machines_;  ///< of the longest silence first
    std::map<base::Mac, std::list<Machine>::iterator> by_mac_;
};

/// A capture that tcpdump and Wireshark read (pcap 2.4, LINKTYPE_RAW): the datagrams with IPv4 and UDP headers made
/// anew (RFC 791, RFC 768, no UDP checksum), because a socket does not show those that they had.
base::Bytes to_pcap(const std::vector<RawPacket>& packets);

}  // namespace musterd::api
