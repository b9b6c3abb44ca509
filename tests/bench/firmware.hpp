// DISCOVERs as PXE firmware sends them, for load. No line of this is shared with the server.
#pragma once

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <iostream>
#include <string_view>
#include <vector>

namespace firmware {

inline constexpr std::size_t xid_at = 4;
inline constexpr std::size_t mac_at = 28;

inline void fail(const char* what) {
    std::cerr << what << ": " << std::strerror(errno) << "\n";
    std::exit(1);
}

inline void add(std::vector<std::uint8_t>& packet, std::uint8_t code, std::initializer_list<std::uint8_t> data) {
    packet.push_back(code);
    packet.push_back(static_cast<std::uint8_t>(data.size()));
    packet.insert(packet.end(), data);
}

enum class Who { edk2, ipxe };

/// As EDK2 sends it (NetworkPkg/UefiPxeBcDxe/PxeBcDhcp4.c), without its list of wishes; iPXE with its user class and
/// what it can (src/net/udp/dhcp.c): HTTP among it.
inline std::vector<std::uint8_t> discover(Who who) {
    std::vector<std::uint8_t> packet(240, 0);
    packet[0] = 1;
    packet[1] = 1;
    packet[2] = 6;
    packet[10] = 0x80;
    const std::array<std::uint8_t, 4> cookie{0x63, 0x82, 0x53, 0x63};
    std::copy(cookie.begin(), cookie.end(), packet.begin() + 236);
    add(packet, 53, {1});
    add(packet, 57, {0x05, 0xc0});
    add(packet, 93, {0, 7});
    add(packet, 94, {1, 3, 0});
    constexpr std::string_view vendor_class = "PXEClient:Arch:00007:UNDI:003000";
    packet.push_back(60);
    packet.push_back(static_cast<std::uint8_t>(vendor_class.size()));
    packet.insert(packet.end(), vendor_class.begin(), vendor_class.end());
    if (who == Who::ipxe) {
        add(packet, 77, {'i', 'P', 'X', 'E'});
        add(packet, 175, {0x13, 1, 1, 0x24, 1, 1, 0x27, 1, 1});
    }
    packet.push_back(255);
    packet.resize(std::max<std::size_t>(packet.size(), 300), 0);
    return packet;
}

inline void put(std::vector<std::uint8_t>& packet, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i)
        packet[at + i] = static_cast<std::uint8_t>(value >> (8 * (3 - i)));
}

/// 52:54 and its number.
inline void set_machine(std::vector<std::uint8_t>& packet, std::uint32_t number) {
    packet[mac_at] = 0x52;
    packet[mac_at + 1] = 0x54;
    put(packet, mac_at + 2, number);
}

inline int client_socket(const char* device) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    const int buffer = 8 << 20;
    ::setsockopt(socket, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    if (::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, device, static_cast<socklen_t>(std::strlen(device))) != 0)
        fail("bind to the device");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(68);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind port 68");
    return socket;
}

}  // namespace firmware
