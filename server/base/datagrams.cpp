#include "server/base/datagrams.hpp"

#include "server/base/fd.hpp"
#include "server/base/socket_address.hpp"
#include "server/base/tasks.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace musterd::base {

namespace {

Ipv4 from_in_addr(const in_addr& address) {
    return Ipv4(ntohl(address.s_addr));
}

template <class T>
bool set(int fd, int level, int option, const T& value) {
    return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool apply(int fd, const DatagramOptions& options) {
    const int on = 1;
    const bool six = options.local.address.is_ipv6();
    bool ok = six ? set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, on) && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, on)
                  : set(fd, IPPROTO_IP, IP_PKTINFO, on);
    if (options.broadcast) ok = ok && set(fd, SOL_SOCKET, SO_BROADCAST, on);
    if (options.reuse_address) ok = ok && set(fd, SOL_SOCKET, SO_REUSEADDR, on);
    if (options.receive_buffer > 0) ok = ok && set(fd, SOL_SOCKET, SO_RCVBUF, static_cast<int>(options.receive_buffer));
    if (!options.device.empty()) {
        ok = ok && ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options.device.data(),
                                static_cast<socklen_t>(options.device.size())) == 0;
    }
    return ok;
}

Error open_error(const DatagramOptions& options, int number) {
    const auto device = options.device.empty() ? std::string{} : " on " + options.device;
    const auto what = fmt::format("UDP {}{}", options.local.to_string(), device);
    auto error = Error::from_errno(what, number);
    std::string cure;
    if (number == EADDRINUSE)
        cure = fmt::format("; another program holds it: ss -lunp 'sport = :{}'", options.local.port);
    if (number == EACCES) cure = "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
    if (number == EPERM) cure = "; binding to an interface needs CAP_NET_RAW on this kernel";
    if (number == ENODEV) cure = "; there is no such interface: ip link";
    return Error(error.message() + cure, error.code());
}

void read_packet_info(msghdr& message, Datagram& datagram) {
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(header), sizeof info);
            datagram.to = from_in_addr(info.ipi_addr);
            datagram.local = from_in_addr(info.ipi_spec_dst);
            datagram.interface = static_cast<unsigned>(info.ipi_ifindex);
        }
        if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(header), sizeof info);
            IpAddress::Bytes16 bytes{};
            std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
            datagram.to = datagram.local = IpAddress::of_ipv6(bytes, info.ipi6_ifindex);
            datagram.interface = info.ipi6_ifindex;
        }
    }
}

}  // namespace

Result<DatagramSocket> DatagramSocket::open(const boost::asio::any_io_executor& executor,
                                            const DatagramOptions& options) {
    const SocketAddress address(options.local);
    const int fd = ::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
    if (fd < 0) return open_error(options, errno);
    if (!apply(fd, options) || ::bind(fd, address.get(), address.length) != 0) {
        const int number = errno;
        ::close(fd);
        return open_error(options, number);
    }
    boost::asio::ip::udp::socket socket(executor);
    boost::system::error_code code;
    const bool six = options.local.address.is_ipv6();
    socket.assign(six ? boost::asio::ip::udp::v6() : boost::asio::ip::udp::v4(), fd, code);
    if (code) {
        ::close(fd);
        return Error(fmt::format("UDP {}: {}", options.local.to_string(), code.message()), code);
    }
    return DatagramSocket(std::move(socket));
}

boost::asio::awaitable<bool> DatagramSocket::wait_readable() {
    const auto [code] = co_await socket_.async_wait(boost::asio::ip::udp::socket::wait_read, as_result);
    co_return !code;
}

std::optional<Datagram> DatagramSocket::receive() {
    thread_local std::array<std::uint8_t, max_payload> buffer;
    alignas(cmsghdr) std::array<char, 256> control{};
    SocketAddress from;
    iovec piece{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = from.get();
    message.msg_namelen = from.length;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t count = -1;
    do {
        // A pending ICMP error (ECONNREFUSED) is reported once by recvmsg; the queue behind it is still good.
        count = ::recvmsg(socket_.native_handle(), &message, 0);
    } while (count < 0 && (errno == EINTR || errno == ECONNREFUSED));
    if (count < 0) return std::nullopt;
    Datagram datagram;
    datagram.payload.assign(buffer.begin(), buffer.begin() + count);
    datagram.from = from.endpoint();
    datagram.truncated = (message.msg_flags & MSG_TRUNC) != 0;
    read_packet_info(message, datagram);
    return datagram;
}

Result<void> DatagramSocket::send(ByteView payload, const IpEndpoint& to, const IpAddress& local, unsigned interface) {
    SocketAddress address(to);
    iovec piece{const_cast<std::uint8_t*>(payload.data()), payload.size()};
    ControlMessages control;
    control.add_source(local, interface);
    msghdr message{};
    message.msg_name = address.get();
    message.msg_namelen = address.length;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    control.attach_to(message);
    ssize_t count = -1;
    do {
        count = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return Error::from_errno("send to " + to.to_string());
    return {};
}

IpEndpoint DatagramSocket::local_endpoint() const {
    SocketAddress address;
    auto& socket = const_cast<boost::asio::ip::udp::socket&>(socket_);  // native_handle() is not const
    if (::getsockname(socket.native_handle(), address.get(), &address.length) != 0) return {};
    return address.endpoint();
}

void DatagramSocket::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

namespace {

unsigned mtu_of(int query, const std::string& name) {
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    return ::ioctl(query, SIOCGIFMTU, &request) == 0 ? static_cast<unsigned>(request.ifr_mtu) : 1500;
}

Interface& of_name(std::vector<Interface>& interfaces, const std::string& name) {
    const auto known = std::find_if(interfaces.begin(), interfaces.end(),
                                    [&name](const Interface& interface) { return interface.name == name; });
    if (known != interfaces.end()) return *known;
    interfaces.emplace_back().name = name;
    return interfaces.back();
}

}  // namespace

Result<std::vector<Interface>> list_interfaces() {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return Error::from_errno("list interfaces");
    std::vector<Interface> found;
    const Fd query(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    for (const auto* entry = first; entry != nullptr; entry = entry->ifa_next) {
        const bool ipv4 = entry->ifa_addr != nullptr && entry->ifa_addr->sa_family == AF_INET;
        if (!ipv4 || (entry->ifa_flags & IFF_UP) == 0) continue;
        // A second address may carry a label, "eth0:1", which is no interface of its own.
        const std::string_view label = entry->ifa_name;
        auto& interface = of_name(found, std::string(label.substr(0, label.find(':'))));
        const auto address = from_in_addr(reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr);
        const auto netmask = from_in_addr(reinterpret_cast<const sockaddr_in*>(entry->ifa_netmask)->sin_addr);
        interface.addresses.push_back(Ipv4Network::with_netmask(address, netmask));
        if (interface.addresses.size() > 1) continue;
        interface.address = address;
        interface.index = ::if_nametoindex(interface.name.c_str());
        interface.loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
        interface.broadcast = (entry->ifa_flags & IFF_BROADCAST) != 0;
        interface.mtu = mtu_of(query.get(), interface.name);
    }
    ::freeifaddrs(first);
    return found;
}

}  // namespace musterd::base
