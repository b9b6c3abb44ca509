#include "http/range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace musterd::http {

namespace {

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

/// Digits only. A number too big for 64 bits is past the end of any file: the biggest one stands for it.
std::optional<std::uint64_t> read_number(std::string_view digits) {
    if (digits.empty()) return std::nullopt;
    std::uint64_t value = 0;
    const auto* const end = digits.data() + digits.size();
    const auto [stop, code] = std::from_chars(digits.data(), end, value);
    if (stop != end) return std::nullopt;
    return code == std::errc{} ? value : std::numeric_limits<std::uint64_t>::max();
}

/// Range units are case-insensitive (RFC 9110 14.1).
bool is_bytes(std::string_view unit) {
    constexpr std::string_view bytes = "bytes";
    return std::equal(unit.begin(), unit.end(), bytes.begin(), bytes.end(),
                      [](char left, char right) { return (left | 0x20) == right; });
}

RangeChoice from(std::uint64_t offset, std::uint64_t length) {
    return {RangeChoice::Kind::part, offset, length};
}

}  // namespace

RangeChoice choose_range(std::string_view field, std::uint64_t total) {
    const RangeChoice whole{RangeChoice::Kind::whole, 0, total};
    const RangeChoice unsatisfiable{RangeChoice::Kind::unsatisfiable, 0, 0};
    const auto equals = field.find('=');
    if (total == 0 || equals == std::string_view::npos || !is_bytes(field.substr(0, equals))) return whole;
    const auto range = trim(field.substr(equals + 1));
    const auto dash = range.find('-');
    if (dash == std::string_view::npos) return whole;

    const auto first = read_number(range.substr(0, dash));
    const auto last = read_number(range.substr(dash + 1));
    if (dash == 0) {
        if (!last) return whole;
        if (*last == 0) return unsatisfiable;
        const auto length = std::min(*last, total);
        return from(total - length, length);
    }
    const bool open = dash + 1 == range.size();
    if (!first || (!open && !last) || (last && *last < *first)) return whole;
    if (*first >= total) return unsatisfiable;
    return from(*first, open ? total - *first : std::min(*last, total - 1) - *first + 1);
}

std::string content_range(const RangeChoice& choice, std::uint64_t total) {
    if (choice.kind == RangeChoice::Kind::whole) return {};
    if (choice.kind == RangeChoice::Kind::unsatisfiable) return fmt::format("bytes */{}", total);
    return fmt::format("bytes {}-{}/{}", choice.offset, choice.offset + choice.length - 1, total);
}

}  // namespace musterd::http
