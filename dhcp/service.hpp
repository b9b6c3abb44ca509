// dhcp: a proxyDHCP server. It tells machines that boot over the network which file to fetch and from where, beside the
// DHCP server that gives them their address, and is silent to everything that is no boot client. To a machine that the
// product has an address for it is the DHCP server, and gives it that address and no other; it keeps no pool and no
// state of leases. It knows no hosts and no images; a Policy tells it whom to answer.
//
// The way of a packet, a file each:
//     parse (packet) > classify > [the product's plan] > decide, lease, boot_file > make_reply (reply) > serialize
//     > destination > send
// All of it but this file is pure; handle.hpp strings it together, and is what tests and fuzzers drive.
// options.hpp reads single options, registry.hpp and architecture.hpp hold IANA's names.
//
// Three doors: DISCOVERs come by broadcast to 67 and are answered by OFFER; UEFI and some ROMs then ask once more on
// 4011 and are answered by ACK; relays, and machines that renew a lease of ours, speak to 67 of our own address. Which
// client wants which options, and which source file of EDK2, iPXE or dnsmasq says so, is written where the rule is
// applied.
//
// Specs: RFC 951, RFC 2131, RFC 2132, RFC 3004, RFC 3046, RFC 3396, RFC 4578, RFC 5970 (architectures), Preboot
// Execution Environment 2.1, UEFI 2.10 chapter 24 (PXE, HTTP Boot).
// Not here: pools of addresses, DHCPv6, MTFTP.
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

/// Whether port 67 of our own addresses is opened beside 255.255.255.255.
enum class OwnAddress {
    closed,
    if_free,   ///< what is heard there matters, but another DHCP server of this host may have it
    required,  ///< an error when it is taken
};

struct ServiceOptions {
    std::vector<base::Interface> interfaces;
    OwnAddress own_address = OwnAddress::closed;
    std::uint16_t http_port = 0;
    std::uint16_t server_port = 67;
    std::uint16_t boot_port = 4011;
    std::uint16_t client_port = 68;
};

/// Answers on one socket per interface and one or two per address. All calls on the executor's thread. Must outlive the
/// tasks it spawned.
class Service {
public:
    Service(boost::asio::any_io_executor executor, ServiceOptions options, Policy policy, Observe observe);

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
        base::Ipv4 address;  ///< what answers come from, unless the packet tells better
        base::DatagramSocket socket;
        bool silenced = false;  ///< a send failure was logged, and none has succeeded since
    };

    base::Result<void> open_on(const base::Interface& interface);
    base::Result<void> open_own(const base::Interface& interface, base::Ipv4 address);
    base::Result<void> listen(const base::Interface& interface, ServerPort port, base::Ipv4 address);
    [[nodiscard]] base::DatagramOptions socket_options(const std::string& device, ServerPort port,
                                                       base::Ipv4 address) const;
    boost::asio::awaitable<void> serve(Listener& listener);
    void answer(Listener& listener, const base::Datagram& datagram);
    void note(Listener& listener, const base::Result<void>& sent);

    boost::asio::any_io_executor executor_;
    ServiceOptions options_;
    Policy policy_;
    Observe observe_;
    std::list<Listener> listeners_;  ///< a list: tasks hold references
};

}  // namespace musterd::dhcp
