#pragma once

#include "server/base/bytes.hpp"
#include "server/base/result.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

struct sockaddr_in;

namespace musterd::base {

/// An EUI-48 hardware address. All zero is "none".
class Mac {
public:
    Mac() = default;
    explicit Mac(std::array<std::uint8_t, 6> octets) : octets_(octets) {}

    /// Accepts aa:bb:cc:dd:ee:ff, aa-bb-cc-dd-ee-ff, aabb.ccdd.eeff and aabbccddeeff, any case.
    static Result<Mac> parse(std::string_view text);
    /// The first six of at least six bytes, else none.
    static Mac from_bytes(ByteView bytes);

    [[nodiscard]] std::string to_string() const { return joined(':'); }
    /// aa-bb-cc-dd-ee-ff, as iPXE's hexhyp and pxelinux's BOOTIF write it.
    [[nodiscard]] std::string to_hyphens() const { return joined('-'); }
    [[nodiscard]] const std::array<std::uint8_t, 6>& octets() const { return octets_; }
    [[nodiscard]] bool none() const { return octets_ == std::array<std::uint8_t, 6>{}; }

    auto operator<=>(const Mac&) const = default;

private:
    [[nodiscard]] std::string joined(char separator) const;
    std::array<std::uint8_t, 6> octets_{};
};

/// An IPv4 address, host order inside. Zero is "none".
class Ipv4 {
public:
    Ipv4() = default;
    explicit Ipv4(std::uint32_t host_order) : value_(host_order) {}

    static Result<Ipv4> parse(std::string_view text);

    [[nodiscard]] std::string to_string() const;
    [[nodiscard]] std::uint32_t value() const { return value_; }
    [[nodiscard]] bool none() const { return value_ == 0; }

    auto operator<=>(const Ipv4&) const = default;

private:
    std::uint32_t value_ = 0;
};

/// An address with the length of its network's prefix: "10.55.0.7/24".
struct Ipv4Network {
    Ipv4 address;
    unsigned prefix = 32;  ///< 0 to 32

    static Result<Ipv4Network> parse(std::string_view text);
    /// From the mask that an interface tells; bits after its first zero do not count.
    static Ipv4Network with_netmask(Ipv4 address, Ipv4 netmask);

    [[nodiscard]] Ipv4 netmask() const;
    [[nodiscard]] Ipv4 first() const { return Ipv4(address.value() & netmask().value()); }
    [[nodiscard]] Ipv4 last() const { return Ipv4(address.value() | ~netmask().value()); }
    [[nodiscard]] bool contains(Ipv4 other) const { return first() <= other && other <= last(); }
    /// Can be a host's own: neither the network's number nor its broadcast address (RFC 3021: in a /31 both are
    /// hosts').
    [[nodiscard]] bool is_host() const { return prefix >= 31 || (address != first() && address != last()); }
    [[nodiscard]] std::string to_string() const;
    auto operator<=>(const Ipv4Network&) const = default;
};

/// A UDP or TCP end point over IPv4.
struct Endpoint {
    Ipv4 address;
    std::uint16_t port = 0;

    [[nodiscard]] std::string to_string() const;
    auto operator<=>(const Endpoint&) const = default;
};

/// A UUID as SMBIOS and DHCP option 97 carry it. On the wire the first three fields are little-endian on PC firmware
/// (SMBIOS 2.6, RFC 4578 2.3); text is the form people read from the machine's label, so parse and to_string swap.
class Uuid {
public:
    Uuid() = default;
    explicit Uuid(std::array<std::uint8_t, 16> wire) : wire_(wire) {}

    static Result<Uuid> parse(std::string_view text);
    static Uuid from_wire(ByteView sixteen);

    [[nodiscard]] std::string to_string() const;
    /// The same bytes read without swapping: what firmware that ignores SMBIOS 2.6 means.
    [[nodiscard]] Uuid swapped() const;
    [[nodiscard]] const std::array<std::uint8_t, 16>& wire() const { return wire_; }
    /// All zero or all ones: firmware without an UUID sends these.
    [[nodiscard]] bool none() const;

    auto operator<=>(const Uuid&) const = default;

private:
    std::array<std::uint8_t, 16> wire_{};
};

}  // namespace musterd::base
