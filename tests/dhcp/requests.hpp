#pragma once

#include "dhcp/decide.hpp"
#include "dhcp/handle.hpp"
#include "server/base/bytes.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace musterd::dhcp::test {

/// A request byte by byte, written without the code under test so that it can be wrong on purpose.
struct Request {
    std::uint8_t op = 1;
    std::uint8_t htype = 1;
    std::uint8_t hlen = 6;
    std::uint32_t xid = 0x11223344;
    std::uint16_t secs = 0;
    std::uint16_t flags = 0;
    std::uint32_t ciaddr = 0;
    std::uint32_t giaddr = 0;
    base::Bytes chaddr{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
    base::Bytes sname;
    base::Bytes file;
    bool end = true;
    std::vector<std::pair<int, base::Bytes>> options;

    Request& with(int code, base::Bytes data);
    Request& with(int code, std::string_view text);
    Request& without(int code);
    [[nodiscard]] base::Bytes bytes() const;
};

inline constexpr std::array<std::uint8_t, 17> smbios_uuid{0,    0x34, 0x12, 0x4d, 0x56, 0x78, 0x56, 0xbc, 0x9a,
                                                          0xde, 0xf0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66};

/// EDK2's DISCOVER: broadcast flag, 57 = 1472, no 61, no 77 (NetworkPkg/UefiPxeBcDxe/PxeBcDhcp4.c).
Request edk2_discover(std::uint16_t architecture = 7);
/// EDK2's second question: REQUEST to 4011 with its address in ciaddr and without 54.
Request edk2_boot_request(std::uint16_t architecture = 7);
Request bios_rom_discover();
/// QEMU's iPXE ROM: raw "iPXE" in 77, features in 175; without HTTP when asked.
Request ipxe_discover(std::uint16_t architecture = 0, bool http = true);
Request http_boot_discover(std::uint16_t architecture = 16);
/// What an operating system sends.
Request plain_discover();
Request relayed(Request request, base::Bytes agent_information);

/// The bytes of an answer, read without the code under test.
struct Seen {
    base::Bytes bytes;
    std::vector<std::pair<int, base::Bytes>> options;
    bool ended = false;  ///< by an end option, with zeros behind it only

    [[nodiscard]] bool has(int code) const;
    [[nodiscard]] base::Bytes option(int code) const;
    [[nodiscard]] std::vector<int> codes() const;
    [[nodiscard]] std::uint8_t byte(std::size_t offset) const { return bytes.at(offset); }
    [[nodiscard]] std::uint32_t word(std::size_t offset) const;
    /// A header field up to its first NUL.
    [[nodiscard]] std::string text(std::size_t offset, std::size_t width) const;
    [[nodiscard]] std::string file() const { return text(108, 128); }
    [[nodiscard]] std::uint32_t yiaddr() const { return word(16); }
    [[nodiscard]] std::uint32_t siaddr() const { return word(20); }
    [[nodiscard]] std::uint16_t flags() const { return static_cast<std::uint16_t>(word(8) & 0xffffU); }
};
Seen see(base::Bytes bytes);

base::Bytes text_bytes(std::string_view text);

/// S = 192.0.2.1, HTTP on 8080.
ServerIdentity our_server();
inline constexpr std::uint32_t our_address = 0xc0000201;
base::Endpoint unconfigured_client();
/// A plan that answers everyone, with this script.
Plan welcome();

/// One datagram through handle().
Outcome ask(const Request& request, ServerPort port = ServerPort::dhcp, const Plan& plan = welcome());
Outcome ask_from(const base::Endpoint& from, const Request& request, ServerPort port);
/// The reason of an Ignore; fails the test when there was an answer.
IgnoreReason reason_of(const Outcome& outcome);

/// The request as our parser reads it; throws when it does not.
Packet parsed(const Request& request);

}  // namespace musterd::dhcp::test
