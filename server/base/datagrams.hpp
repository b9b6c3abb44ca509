#pragma once

#include "server/base/address.hpp"
#include "server/base/bytes.hpp"
#include "server/base/ip_address.hpp"
#include "server/base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>

#include <optional>
#include <string>
#include <vector>

namespace musterd::base {

/// A datagram with both of its ends and the interface it came in by (IP_PKTINFO, ip(7); IPV6_RECVPKTINFO, RFC 3542).
struct Datagram {
    Bytes payload;
    IpEndpoint from;
    IpAddress to;            ///< the address the sender used: ours, or a broadcast address
    IpAddress local;         ///< our address on that interface: what an answer should come from
    unsigned interface = 0;  ///< kernel's index
    bool truncated = false;  ///< was longer than we read
};

/// How a datagram socket is opened. Defaults: any address, no sharing, every interface.
struct DatagramOptions {
    IpEndpoint local;        ///< of the family that is to be served: one of IPv6 takes no IPv4
    std::string device;      ///< SO_BINDTODEVICE; empty = every interface
    bool broadcast = false;  ///< SO_BROADCAST
    bool reuse_address = false;
    std::size_t receive_buffer = 0;  ///< SO_RCVBUF in bytes; 0 = the kernel's default
};

/// A UDP socket whose datagrams carry their local address and interface. IP_PKTINFO is set before bind, because a
/// datagram queued before it was set arrives without an interface.
class DatagramSocket {
public:
    static constexpr std::size_t max_payload = 9216;

    /// The error names address, port and device, and on EADDRINUSE and EACCES the cure.
    static Result<DatagramSocket> open(const boost::asio::any_io_executor& executor, const DatagramOptions& options);

    /// Waits until at least one datagram is there. False when the socket was closed or the wait cancelled.
    boost::asio::awaitable<bool> wait_readable();
    /// Next queued datagram, nothing when the queue is empty.
    std::optional<Datagram> receive();
    /// Sends from `local` (none: the kernel chooses) out of `interface` (0: by route).
    Result<void> send(ByteView payload, const IpEndpoint& to, const IpAddress& local = {}, unsigned interface = 0);

    [[nodiscard]] IpEndpoint local_endpoint() const;
    [[nodiscard]] int native() { return socket_.native_handle(); }
    void close();

private:
    explicit DatagramSocket(boost::asio::ip::udp::socket socket) : socket_(std::move(socket)) {}
    boost::asio::ip::udp::socket socket_;
};

/// An interface that is up and has an IPv4 address.
struct Interface {
    std::string name;
    unsigned index = 0;
    Ipv4 address;                        ///< the first
    std::vector<Ipv4Network> addresses;  ///< all of them, in the kernel's order
    unsigned mtu = 1500;
    bool loopback = false;
    bool broadcast = false;  ///< can broadcast: Ethernet and bridges, not tunnels
};

/// Every interface that is up and has an IPv4 address.
Result<std::vector<Interface>> list_interfaces();

}  // namespace musterd::base
