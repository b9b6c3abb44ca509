#include "server/base/machine.hpp"

namespace musterd::base {

std::string_view to_string(Firmware firmware) {
    switch (firmware) {
        case Firmware::unknown:
            return "unknown";
        case Firmware::bios:
            return "bios";
        case Firmware::uefi:
            return "uefi";
        case Firmware::ipxe:
            return "ipxe";
        case Firmware::uboot:
            return "uboot";
        case Firmware::grub:
            return "grub";
        case Firmware::os:
            return "os";
    }
    return "unknown";
}

}  // namespace musterd::base
