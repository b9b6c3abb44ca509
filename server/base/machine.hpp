#pragma once

#include "server/base/address.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace musterd::base {

/// What kind of program on the machine is speaking to us.
enum class Firmware { unknown, bios, uefi, ipxe, uboot, grub, os };
std::string_view to_string(Firmware firmware);

/// Kinds of firmware that one and the same loader serves, by the names that the configuration uses.
inline constexpr std::array<std::string_view, 8> loader_families{"bios",  "ia32",    "x64",     "arm32",
                                                                 "arm64", "riscv64", "loong64", "rpi"};

/// What a packet or a request tells of a computer.
struct Machine {
    Mac mac;
    std::optional<Uuid> uuid;
    std::string serial;
    std::string arch;          ///< as Debian and the images say it: amd64, i386, arm64, …; empty when not told
    std::string vendor_class;  ///< DHCP option 60 of its firmware; empty when not told, as the next two
    std::string interface;     ///< of ours that heard it
    std::string circuit;       ///< option 82.1, the relay's name for the port it is on: its text, else 0x and hex
    Firmware firmware = Firmware::unknown;
};

}  // namespace musterd::base
