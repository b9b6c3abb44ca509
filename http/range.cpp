#include "http/range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <vector>

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

/// Bytes from `first` up to before `end`; empty for a range that begins behind the file or asks for its last 0 bytes.
struct Run {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
};

/// "5-9", "5-" or "-5", cut to the file. Nothing where it is malformed (RFC 9110 14.1.2).
std::optional<Run> read_range(std::string_view text, std::uint64_t total) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = read_number(text.substr(0, dash));
    const auto last = read_number(text.substr(dash + 1));
    if (dash == 0) return last ? std::optional(Run{total - std::min(*last, total), total}) : std::nullopt;
    const bool open = dash + 1 == text.size();
    if (!first || (!open && !last) || (last && *last < *first)) return std::nullopt;
    if (*first >= total) return Run{};
    return Run{*first, open ? total : std::min(*last, total - 1) + 1};
}

/// The runs of a list that are in the file, in the order of the file. Nothing where any of it is malformed. Empty
/// elements count for nothing (RFC 9110 5.6.1.2).
std::optional<std::vector<Run>> read_ranges(std::string_view list, std::uint64_t total) {
    std::vector<Run> runs;
    bool any = false;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        const auto element = trim(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (element.empty()) continue;
        const auto run = read_range(element, total);
        if (!run) return std::nullopt;
        any = true;
        if (run->end > run->first) runs.push_back(*run);
    }
    if (!any) return std::nullopt;
    std::sort(runs.begin(), runs.end(), [](const Run& left, const Run& right) { return left.first < right.first; });
    return runs;
}

}  // namespace

RangeChoice choose_range(std::string_view field, std::uint64_t total) {
    const RangeChoice whole{RangeChoice::Kind::whole, 0, total};
    const auto equals = field.find('=');
    if (total == 0 || equals == std::string_view::npos || !is_bytes(field.substr(0, equals))) return whole;
    const auto runs = read_ranges(field.substr(equals + 1), total);
    if (!runs) return whole;
    if (runs->empty()) return {RangeChoice::Kind::unsatisfiable, 0, 0};
    Run one = runs->front();
    for (const auto& run : *runs) {
        if (run.first > one.end) return whole;
        one.end = std::max(one.end, run.end);
    }
    return {RangeChoice::Kind::part, one.first, one.end - one.first};
}

std::string content_range(const RangeChoice& choice, std::uint64_t total) {
    if (choice.kind == RangeChoice::Kind::whole) return {};
    if (choice.kind == RangeChoice::Kind::unsatisfiable) return fmt::format("bytes */{}", total);
    return fmt::format("bytes {}-{}/{}", choice.offset, choice.offset + choice.length - 1, total);
}

}  // namespace musterd::http
