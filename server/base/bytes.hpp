#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Text and bytes are the same memory seen twice; these are the only casts between them.
ByteView as_bytes(std::string_view text);
std::string_view as_text(ByteView bytes);
std::string to_hex(ByteView bytes);
/// Pairs of hex digits; white space between pairs is skipped. Anything else gives an empty result and `ok = false`.
Bytes from_hex(std::string_view hex, bool* ok = nullptr);

/// Reads network-order fields from a view. The first read past the end latches failure: it and all later reads give
/// zeros or empty views, so a parser reads straight through and asks ok() once.
class ByteReader {
public:
    explicit ByteReader(ByteView bytes) : rest_(bytes) {}

    std::uint8_t u8();
    std::uint16_t u16();
    std::uint32_t u32();
    ByteView take(std::size_t count);
    /// Text up to a NUL, which is consumed; no NUL before the end is a failure.
    std::string_view text_until_nul();

    [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
    [[nodiscard]] bool ok() const { return ok_; }

private:
    ByteView rest_;
    bool ok_ = true;
};

/// Appends network-order fields to a buffer it owns. With a limit, the first write that would pass it latches
/// failure and writes nothing more.
class ByteWriter {
public:
    explicit ByteWriter(std::size_t limit = SIZE_MAX) : limit_(limit) {}

    void u8(std::uint8_t value);
    void u16(std::uint16_t value);
    void u32(std::uint32_t value);
    void bytes(ByteView view);
    void text(std::string_view text) { bytes(as_bytes(text)); }
    /// `view` cut or zero-filled to exactly `width` bytes: a fixed field of a header.
    void fixed(ByteView view, std::size_t width);
    void zeros(std::size_t count);

    [[nodiscard]] std::size_t size() const { return buffer_.size(); }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] const Bytes& buffer() const { return buffer_; }
    Bytes release() { return std::move(buffer_); }

private:
    bool room(std::size_t count);

    Bytes buffer_;
    std::size_t limit_;
    bool ok_ = true;
};

}  // namespace musterd::base
