#include "server/base/utf8.hpp"

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

}  // namespace musterd::base
