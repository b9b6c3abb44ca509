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
