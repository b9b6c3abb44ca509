#pragma once

#include "dhcp/classify.hpp"
#include "dhcp/options.hpp"
#include "dhcp/packet.hpp"
#include "dhcp/plan.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace musterd::dhcp {

/// Who answers: our address on the client's side, and where HTTP listens.
struct ServerIdentity {
    base::Ipv4 address;
    std::uint16_t http_port = 0;
    std::span<const base::Ipv4Network> networks;  ///< of the interface; empty: not known, everything is on the link

    [[nodiscard]] bool on_link(base::Ipv4 other) const;
    /// Our address in the network of `other`; `address` where there is none.
    [[nodiscard]] base::Ipv4 facing(base::Ipv4 other) const;
};

/// Where a packet came to.
enum class ServerPort {
    dhcp,         ///< 67, by broadcast
    dhcp_own,     ///< 67 at our own address: relays, and machines that renew a lease of ours
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
    lease_ended,            ///< RELEASE of an address that is ours to give
    lease_declined,         ///< DECLINE: another machine uses that address
    off_link,               ///< the answer would go to an address outside the networks served
};
std::string_view to_string(IgnoreReason reason);

struct Ignore {
    IgnoreReason reason = IgnoreReason::malformed;
    std::string why;  ///< one sentence for a person
};

struct Reply {
    MessageType type = MessageType::offer;   ///< offer, ack, or nak where a lease is ours to refuse
    std::string file;                        ///< TFTP name or URL, as the client is told it; empty: nothing to boot
    std::optional<BootItem> boot_item = {};  ///< to be echoed
    Discovery discovery = Discovery::automatic;
    std::string reply_class = {};     ///< option 60, of a boot client
    std::optional<Lease> lease = {};  ///< the address that we give with it
    bool address_is_known = false;    ///< INFORM: the lease's parameters, but no address
    std::string why = {};             ///< of a nak, and of a lease without a file: one sentence for a person
};

using Decision = std::variant<Ignore, Reply>;

/// Answers boot clients that the plan lets boot, and whoever has a lease of ours; stays silent to all others. Refuses
/// (NAK) only the machine whose lease is ours: a proxy owns none.
Decision decide(const Packet& packet, const Client& client, ServerPort port, const Plan& plan,
                const ServerIdentity& server);

}  // namespace musterd::dhcp
