#pragma once

#include "dhcp/classify.hpp"
#include "server/base/address.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::dhcp {

/// An address that the product gives to one machine, for which it then is the DHCP server (RFC 2131).
struct Lease {
    base::Ipv4Network address;
    std::optional<base::Ipv4> gateway;
    std::vector<base::Ipv4> name_servers;
    std::chrono::seconds duration{};
    std::string host_name;

    bool operator==(const Lease&) const = default;
};

/// Option 43 of an offer to firmware.
enum class Discovery {
    automatic,  ///< BIOS: take the file named here; UEFI: none, so that it asks on 4011
    direct,     ///< take the file named here, UEFI too
    menu,       ///< a boot menu that chooses its first entry at once
    none,
};

/// What the product says about a client. The room knows nothing of hosts.
struct Plan {
    bool answer = false;  ///< tell it what to boot
    std::string reason;   ///< why not, in the product's words
    std::string script;   ///< for iPXE: path and query below http://S:PORT, "/boot/script?mac=…&uuid=…&arch=…"
    std::string loader;   ///< a file under /boot/loader in place of the architecture's default, unless empty
    bool chain = false;   ///< iPXE gets `loader` too, instead of its script
    Discovery discovery = Discovery::automatic;
    std::string reply_class = {};     ///< option 60 of the answer in place of the client's own, unless empty
    std::optional<Lease> lease = {};  ///< its address comes from us, whether or not it boots
    std::string disk = {};  ///< for HTTP Boot in place of a loader: path and query of an image, unless empty
};
/// Asked once for every packet with a hardware address, before it is known whether the packet will be answered: it must
/// only look, not change anything.
using PlanFor = std::function<Plan(const Client&)>;

/// All that the product decides.
struct Policy {
    PlanFor plan_for;
    ClassOf class_of;                        ///< vendor classes beyond the known ones; may be empty
    std::function<bool(base::Ipv4)> serves;  ///< whether an address is in a network behind a relay that is served; may
                                             ///< be empty: none is
};

}  // namespace musterd::dhcp
