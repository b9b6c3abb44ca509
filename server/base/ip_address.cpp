#include "server/base/ip_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace musterd::base {

IpAddress IpAddress::of_ipv6(const Bytes16& bytes, unsigned scope) {
    in6_addr raw{};
    std::memcpy(&raw, bytes.data(), bytes.size());
    if (IN6_IS_ADDR_V4MAPPED(&raw)) {
        std::uint32_t ipv4 = 0;
        for (const auto byte : {bytes[12], bytes[13], bytes[14], bytes[15]})
            ipv4 = ipv4 << 8U | byte;
        return {Ipv4(ipv4)};
    }
    IpAddress address;
    address.ipv6_ = true;
    address.bytes_ = bytes;
    if (IN6_IS_ADDR_LINKLOCAL(&raw)) address.scope_ = scope;
    return address;
}

std::string IpAddress::to_string() const {
    if (!ipv6_) return ipv4_.to_string();
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size()) == nullptr) return {};
    return text.data();
}

std::string IpAddress::to_url_host() const {
    return ipv6_ ? "[" + to_string() + "]" : to_string();
}

std::string IpEndpoint::to_string() const {
    return fmt::format("{}:{}", address.to_url_host(), port);
}

}  // namespace musterd::base
