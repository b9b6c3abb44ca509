#pragma once

#include "server/base/address.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace musterd::base {

/// An IPv4 or IPv6 address. An IPv4 one that IPv6 carries (::ffff:a.b.c.d, RFC 4291 2.5.5.2) is an IPv4 address here.
/// A link-local address of IPv6 means something only together with its interface (scope).
class IpAddress {
public:
    using Bytes16 = std::array<std::uint8_t, 16>;

    IpAddress() = default;
    IpAddress(Ipv4 address) : ipv4_(address) {}  // NOLINT: an IPv4 address is an IP address
    /// `scope`: the kernel's index of the interface; kept for link-local addresses only.
    static IpAddress of_ipv6(const Bytes16& bytes, unsigned scope = 0);

    [[nodiscard]] bool is_ipv6() const { return ipv6_; }
    /// None for an IPv6 address.
    [[nodiscard]] Ipv4 ipv4() const { return ipv4_; }
    [[nodiscard]] const Bytes16& ipv6() const { return bytes_; }
    [[nodiscard]] unsigned scope() const { return scope_; }
    /// 0.0.0.0 or ::, "any".
    [[nodiscard]] bool none() const { return ipv4_.none() && bytes_ == Bytes16{}; }

    /// RFC 5952, without scope; plain for IPv4.
    [[nodiscard]] std::string to_string() const;
    /// As a URL has it: IPv6 in brackets (RFC 3986 3.2.2).
    [[nodiscard]] std::string to_url_host() const;

    auto operator<=>(const IpAddress&) const = default;

private:
    Ipv4 ipv4_;
    bool ipv6_ = false;
    Bytes16 bytes_{};
    unsigned scope_ = 0;
};

/// A UDP or TCP end point over IPv4 or IPv6.
struct IpEndpoint {
    IpEndpoint() = default;
    IpEndpoint(IpAddress host, std::uint16_t number) : address(host), port(number) {}
    IpEndpoint(const Endpoint& ipv4) : address(ipv4.address), port(ipv4.port) {}  // NOLINT: as above

    IpAddress address;
    std::uint16_t port = 0;

    /// a.b.c.d:port or [v6]:port.
    [[nodiscard]] std::string to_string() const;
    /// As code that knows IPv4 only has it; without address for IPv6.
    [[nodiscard]] Endpoint ipv4() const { return {address.ipv4(), port}; }
    auto operator<=>(const IpEndpoint&) const = default;
};

}  // namespace musterd::base
