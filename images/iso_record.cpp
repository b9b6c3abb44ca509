#include "images/iso_record.hpp"

#include <algorithm>

namespace musterd::images {

namespace {

constexpr std::size_t fixed_part = 33;

void append_utf8(std::string& text, std::uint32_t code) {
    const auto put = [&text](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0U | code >> 6U);
        put(0x80U | (code & 0x3fU));
    } else if (code < 0x10000) {
        put(0xe0U | code >> 12U);
        put(0x80U | (code >> 6U & 0x3fU));
        put(0x80U | (code & 0x3fU));
    } else {
        put(0xf0U | code >> 18U);
        put(0x80U | (code >> 12U & 0x3fU));
        put(0x80U | (code >> 6U & 0x3fU));
        put(0x80U | (code & 0x3fU));
    }
}

/// Writers of today put UTF-16 where Joliet says UCS-2, so pairs of surrogates are joined.
std::string utf8_of_utf16(base::ByteView bytes) {
    std::string text;
    base::ByteReader reader(bytes);
    std::uint32_t high = 0;
    while (reader.remaining() >= 2) {
        const std::uint32_t unit = reader.u16();
        const bool pair = high != 0 && unit >= 0xdc00 && unit < 0xe000;
        if (high != 0 && !pair) append_utf8(text, high);
        const bool starts_pair = unit >= 0xd800 && unit < 0xdc00;
        if (pair) append_utf8(text, 0x10000 + ((high - 0xd800) << 10U) + (unit - 0xdc00));
        if (!pair && !starts_pair) append_utf8(text, unit);
        high = starts_pair ? unit : 0;
    }
    if (high != 0) append_utf8(text, high);
    return text;
}

}  // namespace

std::uint64_t iso_number(base::ByteView bytes, std::size_t offset, std::size_t width) {
    if (offset > bytes.size() || bytes.size() - offset < width) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) {
        value = value << 8U | bytes[offset + i];
    }
    return value;
}

std::optional<IsoRecord> read_iso_record(base::ByteView bytes) {
    if (bytes.size() <= fixed_part || bytes[0] <= fixed_part || bytes[0] > bytes.size()) return std::nullopt;
    const auto record = bytes.first(bytes[0]);
    const std::size_t name_length = record[32];
    if (name_length == 0 || name_length > record.size() - fixed_part) return std::nullopt;
    // 9.1.12: a pad byte follows a name of even length.
    const auto system_use = std::min(record.size(), fixed_part + name_length + (name_length % 2 == 0 ? 1U : 0U));
    return IsoRecord{record.subspan(fixed_part, name_length),
                     record.subspan(system_use),
                     iso_number(record, 2, 4) + record[1],
                     iso_number(record, 10, 4),
                     record[25],
                     record[26] != 0 || record[27] != 0};
}

std::string plain_iso_name(base::ByteView name) {
    std::string text(base::as_text(name));
    if (text.ends_with(";1")) text.resize(text.size() - 2);
    if (text.size() > 1 && text.ends_with('.')) text.pop_back();
    for (auto& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == ';') c = '.';
    }
    return text;
}

std::string joliet_name(base::ByteView name) {
    auto text = utf8_of_utf16(name);
    if (text.size() > 2 && text.ends_with(";1")) text.resize(text.size() - 2);
    while (text.size() >= 2 && text.ends_with('.')) {
        text.pop_back();
    }
    return text;
}

}  // namespace musterd::images
