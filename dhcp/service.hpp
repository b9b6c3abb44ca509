// dhcp: a proxyDHCP server. It tells machines that boot over the network which file to fetch and from where, beside the
// DHCP server that gives them their address. It is not a DHCP server: it leases nothing, never refuses (NAK), and is
// silent to everything that is no boot client. It knows no hosts and no images; a PlanFor tells it whom to answer.
//
// The way of a packet, a file each:
//     parse (packet) > classify > [the product's plan] > decide, boot_file > make_reply (reply) > serialize (packet)
//     > destination > send
// All of it but this file is pure; handle.hpp strings it together, and is what tests and fuzzers drive.
// options.hpp reads single options, registry.hpp and architecture.hpp hold IANA's names.
//
// Two ports: DISCOVERs come by broadcast to 67 and are answered by OFFER; UEFI and some ROMs then ask once more on 4011
// and are answered by ACK. Which client wants which options, and which source file of EDK2, iPXE or dnsmasq says so, is
// written where the rule is applied.
//
// Specs: RFC 951, RFC 2131, RFC 2132, RFC 3004, RFC 3046, RFC 3396, RFC 4578, RFC 5970 (architectures), Preboot
// Execution Environment 2.1, UEFI 2.10 chapter 24 (PXE, HTTP Boot).
// Not here: full leases, DHCPv6, MTFTP, PXE menus, unicast to 67 (renewals belong to the main server; relayed requests
// are understood, but the shared socket does not receive them).
#pragma once

#include "dhcp/handle.hpp"
#include "server/base/datagrams.hpp"
#include "server/base/tasks.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <vector>

namespace musterd::dhcp {

using Observe = std::function<void(const Report&)>;

struct ServiceOptions {
    std::vector<base::Interface> interfaces;
    std::uint16_t http_port = 0;
    std::uint16_t server_port = 67;
    std::uint16_t boot_port = 4011;
    std::uint16_t client_port = 68;
};

/// Answers on two sockets per interface. All calls on the executor's thread. Must outlive the tasks it spawned.
class Service {
public:
    Service(boost::asio::any_io_executor executor, ServiceOptions options, PlanFor plan_for, Observe observe);

    /// Opens every interface's sockets. The error names each interface that failed and why; those that did not fail
    /// are open and can be run.
    base::Result<void> open();
    /// Spawns one task per socket; each ends when closed, or on the tasks' finish().
    void run(base::Tasks& tasks);
    void close();

private:
    struct Listener {
        base::Interface interface;
        ServerPort port;
        base::DatagramSocket socket;
        bool silenced = false;  ///< a send failure was logged, and none has succeeded since
    };

    base::Result<void> open_on(const base::Interface& interface);
    [[nodiscard]] base::DatagramOptions socket_options(const base::Interface& interface, ServerPort port) const;
    boost::asio::awaitable<void> serve(Listener& listener);
    void answer(Listener& listener, const base::Datagram& datagram);
    void note(Listener& listener, const base::Result<void>& sent);

    boost::asio::any_io_executor executor_;
    ServiceOptions options_;
    PlanFor plan_for_;
    Observe observe_;
    std::list<Listener> listeners_;  ///< a list: tasks hold references
};

}  // namespace musterd::dhcp
