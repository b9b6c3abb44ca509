#pragma once

#include "dhcp/classify.hpp"
#include "dhcp/options.hpp"
#include "dhcp/packet.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace musterd::dhcp {

/// What the product says about a client. The room knows nothing of hosts.
struct Plan {
    bool answer = false;
    std::string reason;  ///< why not, in the product's words
    std::string script;  ///< for iPXE: path and query below http://S:PORT, "/boot/script?mac=…&uuid=…&arch=…"
    std::string loader;  ///< a file under /boot/loader in place of the architecture's default, unless empty
};
/// Asked once for every packet of a boot client, before it is known whether the packet will be answered: it must only
/// look, not change anything.
using PlanFor = std::function<Plan(const Client&)>;

/// Who answers: our address on the client's side, and where HTTP listens.
struct ServerIdentity {
    base::Ipv4 address;
    std::uint16_t http_port = 0;
};

/// Which of the two ports of proxyDHCP a packet came to.
enum class ServerPort {
    dhcp,         ///< 67
    boot_server,  ///< 4011: the second question of UEFI and some ROMs (PXE 2.1, "Boot Server Discovery"; EDK2: BINL)
};

/// Why a packet gets no answer. Counted and shown by these names.
enum class IgnoreReason {
    malformed,
    not_a_request,  ///< a server's reply
    plain_client,
    not_a_boot_message,  ///< DECLINE, RELEASE, renewals, INFORM without a boot item, DISCOVER on 4011, BOOTP
    other_server,        ///< REQUEST for another server's lease
    credentials_asked,   ///< boot item with BIS credentials, which we do not have
    no_architecture,
    unserved_architecture,  ///< a number that the registry does not know
    no_loader,              ///< nothing to give to this architecture, or no script for iPXE
    name_too_long,          ///< the file's name or URL does not fit the field it goes to
    policy,                 ///< the plan says no
};
std::string_view to_string(IgnoreReason reason);

struct Ignore {
    IgnoreReason reason = IgnoreReason::malformed;
    std::string why;  ///< one sentence for a person
};

struct Reply {
    MessageType type = MessageType::offer;  ///< offer or ack
    std::string file;                       ///< TFTP name or URL, as the client is told it
    std::optional<BootItem> boot_item;      ///< to be echoed
};

using Decision = std::variant<Ignore, Reply>;

/// Answers boot clients that the plan lets boot; stays silent to all others. Never refuses (NAK): a proxy owns no
/// lease.
Decision decide(const Packet& packet, const Client& client, ServerPort port, const Plan& plan,
                const ServerIdentity& server);

}  // namespace musterd::dhcp
