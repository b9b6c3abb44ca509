#include "server/base/utf8.hpp"

#include <algorithm>

namespace musterd::base {

std::size_t utf8_sequence(std::string_view text) {
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto within = [byte](std::size_t i, unsigned low, unsigned high) {
        return byte(i) >= low && byte(i) <= high;
    };
    const auto tail = [within](std::size_t i) { return within(i, 0x80, 0xbf); };
    const unsigned first = byte(0);
    if (text.empty()) return 0;
    if (first < 0x80) return 1;
    if (within(0, 0xc2, 0xdf)) return tail(1) ? 2 : 0;
    const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (within(0, 0xe0, 0xef)) return within(1, low, high) && tail(2) ? 3 : 0;
    if (within(0, 0xf0, 0xf4)) return within(1, low, high) && tail(2) && tail(3) ? 4 : 0;
    return 0;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto length = utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string to_utf8(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto length = utf8_sequence(text);
        result += length == 0 ? "\xef\xbf\xbd" : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return result;
}

std::string one_line(std::string_view text) {
    auto line = to_utf8(text);
    for (std::size_t i = 0; i < line.size(); ++i) {
        const auto byte = static_cast<unsigned char>(line[i]);
        if (byte < 0x20 || byte == 0x7f) line[i] = ' ';
        // C1 controls, U+0080 to U+009F: terminals take some as the start of a command.
        const bool c1 = byte == 0xc2 && static_cast<unsigned char>(line[i + 1]) < 0xa0;
        if (c1) line.replace(i, 2, " ");
    }
    return line;
}

}  // namespace musterd::base
