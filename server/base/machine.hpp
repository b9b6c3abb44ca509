#pragma once

#include "server/base/address.hpp"

#include <optional>
#include <string>

namespace musterd::base {

/// What kind of program on the machine is speaking to us.
enum class Firmware { unknown, bios, uefi, ipxe, uboot, grub, os };
std::string_view to_string(Firmware firmware);

/// What a packet or a request tells of a computer.
struct Machine {
    Mac mac;
    std::optional<Uuid> uuid;
    std::string serial;
    std::string arch;  ///< as Debian and the images say it: amd64, i386, arm64, …; empty when not told
    Firmware firmware = Firmware::unknown;
};

}  // namespace musterd::base
