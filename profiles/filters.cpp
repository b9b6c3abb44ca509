#include "profiles/filters.hpp"

#include "server/base/utf8.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <iterator>

namespace musterd::profiles {

namespace {

constexpr std::array table = {
    Filter{"shell", &for_shell},   Filter{"json", &for_json},       Filter{"yaml", &for_yaml},
    Filter{"base64", &for_base64}, Filter{"preseed", &for_preseed},
};

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

/// Of a well-formed sequence.
char32_t code_point(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence.front());
    if (sequence.size() == 1) return first;
    char32_t code = first & (0xffU >> (sequence.size() + 1));
    for (const char c : sequence.substr(1))
        code = code << 6U | (static_cast<unsigned char>(c) & 0x3fU);
    return code;
}

/// What JSON must escape, and what YAML does not take as it is: its line breaks, its byte order mark, and what it calls
/// not printable (YAML 1.2 5.1).
bool needs_escape(char32_t code) {
    const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const bool line_break = code == 0x2028 || code == 0x2029;
    return control || line_break || code == 0xfeff || code == 0xfffe || code == 0xffff;
}

/// A JSON string that is a YAML double-quoted scalar too.
std::string quoted(std::string_view value) {
    std::string text = "\"";
    while (!value.empty()) {
        const auto length = base::utf8_sequence(value);
        const auto sequence = value.substr(0, std::max<std::size_t>(length, 1));
        value.remove_prefix(sequence.size());
        const auto code = length == 0 ? char32_t{0xfffd} : code_point(sequence);
        if (code == '"' || code == '\\') text += '\\';
        if (code == '\n')
            text += "\\n";
        else if (needs_escape(code))
            fmt::format_to(std::back_inserter(text), "\\u{:04x}", static_cast<std::uint32_t>(code));
        else
            text += length == 0 ? replacement : sequence;
    }
    return text + '"';
}

}  // namespace

std::span<const Filter> filters() {
    return table;
}

std::string for_shell(std::string_view value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'')
            text += R"('\'')";
        else if (c != '\0')
            text += c;
    }
    return text + '\'';
}

std::string for_json(std::string_view value) {
    return quoted(value);
}

std::string for_yaml(std::string_view value) {
    return quoted(value);
}

std::string for_base64(std::string_view value) {
    std::string text((value.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a NUL
    const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(value.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

std::string for_preseed(std::string_view value) {
    std::string text;
    for (const char c : value) {
        const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        text += control ? ' ' : c;
    }
    while (!text.empty() && (text.back() == '\\' || text.back() == ' '))
        text.pop_back();
    return text;
}

}  // namespace musterd::profiles
