#pragma once

#include "dhcp/registry.hpp"
#include "server/base/address.hpp"
#include "server/base/bytes.hpp"
#include "server/base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace musterd::dhcp {

/// Options in the order they were first seen, each code once: a repeated code is one long value (RFC 3396 5).
/// Relay agent information stays last, whatever is added after it (RFC 3046 2.2). Serves option 43 and 175 too,
/// whose sub-options have the same form.
class Options {
public:
    /// Adds to what the code already holds.
    void append(std::uint8_t code, base::ByteView data);
    /// Puts `data` at the end, in place of what the code held.
    void set(Option code, base::ByteView data);
    void set(Option code, std::string_view text) { set(code, base::as_bytes(text)); }

    template <class Code>
    requires std::is_same_v<std::underlying_type_t<Code>, std::uint8_t>
    [[nodiscard]] std::optional<base::ByteView> get(Code code) const { return find(static_cast<std::uint8_t>(code)); }
    template <class Code>
    [[nodiscard]] bool has(Code code) const {
        return get(code).has_value();
    }
    void remove(Option code);

    [[nodiscard]] const std::vector<std::pair<std::uint8_t, base::Bytes>>& all() const { return values_; }
    bool operator==(const Options&) const = default;

private:
    [[nodiscard]] std::optional<base::ByteView> find(std::uint8_t code) const;

    std::vector<std::pair<std::uint8_t, base::Bytes>> values_;
};

/// Reads code-length-value triples up to an end option or the end of `bytes` into `into`. False when a length runs past
/// the end; what came before it has been read.
bool parse_options(base::ByteView bytes, Options& into);

/// A BOOTP message with options (RFC 2131 2). Owns its bytes.
struct Packet {
    static constexpr std::uint8_t boot_request = 1;
    static constexpr std::uint8_t boot_reply = 2;
    static constexpr std::uint16_t broadcast_flag = 0x8000;
    static constexpr std::uint8_t ethernet = 1;
    static constexpr std::size_t file_width = 128;  ///< with its NUL
    static constexpr std::size_t server_name_width = 64;

    std::uint8_t op = boot_request;
    std::uint8_t htype = ethernet;
    std::uint8_t hlen = 6;  ///< as received, up to 255; only the 16 bytes of chaddr exist
    std::uint8_t hops = 0;
    std::uint32_t xid = 0;
    std::uint16_t secs = 0;
    std::uint16_t flags = 0;
    base::Ipv4 ciaddr;
    base::Ipv4 yiaddr;
    base::Ipv4 siaddr;
    base::Ipv4 giaddr;
    std::array<std::uint8_t, 16> chaddr{};
    std::string sname;  ///< up to its NUL; empty when the field held options
    std::string file;   ///< up to its NUL; empty when the field held options
    Options options;

    bool operator==(const Packet&) const = default;
};

/// Never throws, whatever the bytes. Options of `file` and `sname` are joined when option 52 says that they hold some
/// (RFC 3396 5: options, file, sname); 52 itself is dropped. A missing end option is forgiven. Errors: shorter than
/// header and cookie, no cookie, an option that runs past the end.
base::Result<Packet> parse(base::ByteView datagram);

/// Options longer than 255 bytes are split (RFC 3396 4), 82 comes last, then the end option and zeros up to 300 bytes
/// (BOOTP's least size, which old ROMs and relays insist on). Never overloads (option 52 is not written).
base::Bytes serialize(const Packet& packet);

}  // namespace musterd::dhcp
