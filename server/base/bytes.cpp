#include "server/base/bytes.hpp"

#include <algorithm>

namespace musterd::base {

ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string to_hex(ByteView bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 0x0fU];
    }
    return text;
}

namespace {
int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}
}  // namespace

Bytes from_hex(std::string_view hex, bool* ok) {
    Bytes bytes;
    int high = -1;
    bool good = true;
    for (const char c : hex) {
        const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (space && high < 0) continue;
        const int value = digit_value(c);
        if (value < 0) {
            good = false;
            break;
        }
        if (high < 0) {
            high = value;
            continue;
        }
        bytes.push_back(static_cast<std::uint8_t>(high * 16 + value));
        high = -1;
    }
    good = good && high < 0;
    if (ok != nullptr) *ok = good;
    return good ? bytes : Bytes{};
}

ByteView ByteReader::take(std::size_t count) {
    if (!ok_ || count > rest_.size()) {
        ok_ = false;
        rest_ = {};
        return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
}

std::uint8_t ByteReader::u8() {
    const auto bytes = take(1);
    return bytes.empty() ? std::uint8_t{0} : bytes[0];
}

std::uint16_t ByteReader::u16() {
    const auto bytes = take(2);
    if (bytes.empty()) return 0;
    return static_cast<std::uint16_t>(bytes[0] << 8U | bytes[1]);
}

std::uint32_t ByteReader::u32() {
    const std::uint32_t high = u16();
    const std::uint32_t low = u16();
    return ok_ ? high << 16U | low : 0;
}

std::string_view ByteReader::text_until_nul() {
    const auto end = std::find(rest_.begin(), rest_.end(), std::uint8_t{0});
    if (end == rest_.end()) {
        ok_ = false;
        rest_ = {};
        return {};
    }
    const auto text = take(static_cast<std::size_t>(end - rest_.begin()));
    take(1);
    return as_text(text);
}

bool ByteWriter::room(std::size_t count) {
    if (ok_ && count <= limit_ - buffer_.size()) return true;
    ok_ = false;
    return false;
}

void ByteWriter::u8(std::uint8_t value) {
    if (room(1)) buffer_.push_back(value);
}

void ByteWriter::u16(std::uint16_t value) {
    if (!room(2)) return;
    buffer_.push_back(static_cast<std::uint8_t>(value >> 8U));
    buffer_.push_back(static_cast<std::uint8_t>(value & 0xffU));
}

void ByteWriter::u32(std::uint32_t value) {
    if (!room(4)) return;
    u16(static_cast<std::uint16_t>(value >> 16U));
    u16(static_cast<std::uint16_t>(value & 0xffffU));
}

void ByteWriter::bytes(ByteView view) {
    if (room(view.size())) buffer_.insert(buffer_.end(), view.begin(), view.end());
}

void ByteWriter::fixed(ByteView view, std::size_t width) {
    if (!room(width)) return;
    const auto kept = view.first(std::min(view.size(), width));
    bytes(kept);
    zeros(width - kept.size());
}

void ByteWriter::zeros(std::size_t count) {
    if (room(count)) buffer_.insert(buffer_.end(), count, std::uint8_t{0});
}

}  // namespace musterd::base
