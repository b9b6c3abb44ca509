#pragma once

#include "dhcp/architecture.hpp"
#include "dhcp/packet.hpp"
#include "server/base/machine.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace musterd::dhcp {

/// What program on the machine sent the packet, as far as it decides the form of the answer.
enum class ClientKind {
    plain,      ///< no boot client: an operating system, a BMC, a firmware class that we do not know
    pxe_rom,    ///< BIOS option ROM, PXE 2.1
    uefi_pxe,   ///< UEFI PXE: no option 43, asks again on 4011
    http_boot,  ///< UEFI HTTP Boot: wants a URL
    ipxe,
    uboot,
};
std::string_view to_string(ClientKind kind);

/// What a packet tells of its sender.
struct Client {
    base::Machine machine;
    ClientKind kind = ClientKind::plain;
    std::string matched_class;                      ///< what option 60 of an answer must say; empty for plain
    std::optional<Architecture> architecture;       ///< of those listed the first that we serve, else the first
    bool ipxe_http = false;                         ///< iPXE that can fetch by HTTP (175.0x13)
    std::optional<base::Bytes> machine_identifier;  ///< option 97 when well formed, to be echoed byte by byte
    bool probe = false;                             ///< `musterd doctor` asks, no machine
};

/// A vendor class that a boot client may have, told by how option 60 begins.
struct VendorClass {
    std::string answer;  ///< what option 60 of an answer says
    Transport transport = Transport::pxe;
};
/// The class of an option 60, nothing if it is no boot client's.
using ClassOf = std::function<std::optional<VendorClass>(std::string_view vendor_class)>;

/// The user class (option 77) by which `musterd doctor` marks its questions.
inline constexpr std::string_view probe_class = "musterd-doctor";

/// By vendor class, architecture and iPXE's marks, in this order. Never fails: who cannot be told is `plain`. `more` is
/// asked about classes that are not known here; it may be empty.
Client classify(const Packet& packet, const ClassOf& more = {});

}  // namespace musterd::dhcp
