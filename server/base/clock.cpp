#include "server/base/clock.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace musterd::base {

namespace {

/// Reads exactly `width` digits at `at`; -1 when they are not there.
int number_at(std::string_view text, std::size_t at, std::size_t width) {
    if (at + width > text.size()) return -1;
    int value = 0;
    for (const char c : text.substr(at, width)) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

}  // namespace

Time now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

Result<Time> parse_rfc3339(std::string_view text) {
    const Error wrong(fmt::format("\"{}\" is not a time (expected 2026-01-31T09:30:00.000Z)", text));
    if (text.size() != 24 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':' || text[19] != '.' || text[23] != 'Z') {
        return wrong;
    }
    const int fields[] = {number_at(text, 0, 4),  number_at(text, 5, 2),  number_at(text, 8, 2), number_at(text, 11, 2),
                          number_at(text, 14, 2), number_at(text, 17, 2), number_at(text, 20, 3)};
    for (const int field : fields) {
        if (field < 0) return wrong;
    }
    const std::chrono::year_month_day date(std::chrono::year{fields[0]},
                                           std::chrono::month{static_cast<unsigned>(fields[1])},
                                           std::chrono::day{static_cast<unsigned>(fields[2])});
    if (!date.ok() || fields[3] > 23 || fields[4] > 59 || fields[5] > 60) return wrong;
    return Time(std::chrono::sys_days(date) + std::chrono::hours(fields[3]) + std::chrono::minutes(fields[4]) +
                std::chrono::seconds(fields[5]) + std::chrono::milliseconds(fields[6]));
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const Error wrong(fmt::format("\"{}\" is not a duration (expected 90s, 15m, 1h30m, 90d)", text));
    constexpr std::int64_t most = std::int64_t{1000} * 3600 * 24 * 365;
    std::int64_t total = 0;
    std::string_view rest = text;
    if (rest.empty()) return wrong;
    const bool all_digits = text.find_first_not_of("0123456789") == std::string_view::npos;
    while (!rest.empty()) {
        std::int64_t value = 0;
        const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
        if (code != std::errc{} || value < 0) return wrong;
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        const auto unit = rest.substr(0, rest.find_first_of("0123456789"));
        rest.remove_prefix(unit.size());
        std::int64_t scale = 0;
        if (unit == "ms") scale = 1;
        if (unit == "s" || (unit.empty() && all_digits)) scale = 1000;
        if (unit == "m") scale = 60'000;
        if (unit == "h") scale = 3'600'000;
        if (unit == "d") scale = 86'400'000;
        if (scale == 0 || value > most / scale || total > most) return wrong;
        total += value * scale;
    }
    return std::chrono::milliseconds(total);
}

std::string humanize(std::chrono::milliseconds duration) {
    const auto all = duration.count();
    if (all < 1000) return fmt::format("{} ms", all);
    if (all < 60'000) return fmt::format("{:.1f} s", static_cast<double>(all) / 1000.0);
    if (all < 3'600'000) return fmt::format("{} min {} s", all / 60'000, all % 60'000 / 1000);
    if (all < 86'400'000) return fmt::format("{} h {} min", all / 3'600'000, all % 3'600'000 / 60'000);
    return fmt::format("{} d {} h", all / 86'400'000, all % 86'400'000 / 3'600'000);
}

}  // namespace musterd::base
