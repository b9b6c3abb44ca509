#include "server/base/socket_address.hpp"

#include <arpa/inet.h>

namespace musterd::base {

SocketAddress::SocketAddress(const IpEndpoint& endpoint) {
    const auto& address = endpoint.address;
    if (address.is_ipv6()) {
        sockaddr_in6 six{};
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(endpoint.port);
        six.sin6_scope_id = address.scope();
        std::memcpy(&six.sin6_addr, address.ipv6().data(), sizeof six.sin6_addr);
        std::memcpy(&storage, &six, sizeof six);
        length = sizeof six;
        return;
    }
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(endpoint.port);
    four.sin_addr.s_addr = htonl(address.ipv4().value());
    std::memcpy(&storage, &four, sizeof four);
    length = sizeof four;
}

IpEndpoint SocketAddress::endpoint() const {
    if (storage.ss_family == AF_INET6) {
        sockaddr_in6 six{};
        std::memcpy(&six, &storage, sizeof six);
        IpAddress::Bytes16 bytes{};
        std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
        return {IpAddress::of_ipv6(bytes, six.sin6_scope_id), ntohs(six.sin6_port)};
    }
    if (storage.ss_family != AF_INET) return {};
    sockaddr_in four{};
    std::memcpy(&four, &storage, sizeof four);
    return {Ipv4(ntohl(four.sin_addr.s_addr)), ntohs(four.sin_port)};
}

void ControlMessages::add_source(const IpAddress& local, unsigned interface) {
    if (local.none() && interface == 0) return;
    if (local.is_ipv6()) {
        in6_pktinfo source{};
        std::memcpy(&source.ipi6_addr, local.ipv6().data(), sizeof source.ipi6_addr);
        source.ipi6_ifindex = interface != 0 ? interface : local.scope();
        return add(IPPROTO_IPV6, IPV6_PKTINFO, source);
    }
    in_pktinfo source{};
    source.ipi_ifindex = static_cast<int>(interface);
    source.ipi_spec_dst.s_addr = htonl(local.ipv4().value());
    add(IPPROTO_IP, IP_PKTINFO, source);
}

void ControlMessages::attach_to(msghdr& message) {
    message.msg_control = used_ > 0 ? room_.data() : nullptr;
    message.msg_controllen = used_;
}

}  // namespace musterd::base
