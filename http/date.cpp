#include "http/date.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace musterd::http {

namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                           "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Reads a text from its start; whatever does not fit makes all of it wrong.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    void literal(std::string_view expected) {
        good_ = good_ && rest_.starts_with(expected);
        if (good_) rest_.remove_prefix(expected.size());
    }

    /// Index of the name that comes next.
    unsigned name(const auto& names) {
        const auto found = std::find_if(names.begin(), names.end(), [&](auto name) { return rest_.starts_with(name); });
        good_ = good_ && found != names.end();
        if (good_) rest_.remove_prefix(found->size());
        return static_cast<unsigned>(found - names.begin());
    }

    /// Exactly so many digits; asctime() has a space for the first of a day below 10.
    int digits(std::size_t count, bool padded = false) {
        int value = 0;
        for (std::size_t i = 0; i < count && good_; ++i) {
            const char c = rest_.empty() ? 'x' : rest_.front();
            const bool blank = padded && i == 0 && c == ' ';
            good_ = blank || (c >= '0' && c <= '9');
            if (good_) rest_.remove_prefix(1);
            if (good_ && !blank) value = value * 10 + (c - '0');
        }
        return value;
    }

    [[nodiscard]] bool ended() const { return good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool good_ = true;
};

struct Parts {
    int year = 0;
    unsigned month = 0;  ///< from 0
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
};

void read_clock(Reader& reader, Parts& parts) {
    parts.hour = reader.digits(2);
    reader.literal(":");
    parts.minute = reader.digits(2);
    reader.literal(":");
    parts.second = reader.digits(2);
}

std::optional<Parts> read_fixdate(std::string_view text) {
    Reader reader(text);
    Parts parts;
    reader.name(weekdays);
    reader.literal(", ");
    parts.day = reader.digits(2);
    reader.literal(" ");
    parts.month = reader.name(months);
    reader.literal(" ");
    parts.year = reader.digits(4);
    reader.literal(" ");
    read_clock(reader, parts);
    reader.literal(" GMT");
    return reader.ended() ? std::optional(parts) : std::nullopt;
}

std::optional<Parts> read_rfc850(std::string_view text, int year_now) {
    Reader reader(text);
    Parts parts;
    reader.name(long_weekdays);
    reader.literal(", ");
    parts.day = reader.digits(2);
    reader.literal("-");
    parts.month = reader.name(months);
    reader.literal("-");
    parts.year = year_now - year_now % 100 + reader.digits(2);
    if (parts.year > year_now + 50) parts.year -= 100;
    reader.literal(" ");
    read_clock(reader, parts);
    reader.literal(" GMT");
    return reader.ended() ? std::optional(parts) : std::nullopt;
}

std::optional<Parts> read_asctime(std::string_view text) {
    Reader reader(text);
    Parts parts;
    reader.name(weekdays);
    reader.literal(" ");
    parts.month = reader.name(months);
    reader.literal(" ");
    parts.day = reader.digits(2, true);
    reader.literal(" ");
    read_clock(reader, parts);
    reader.literal(" ");
    parts.year = reader.digits(4);
    return reader.ended() ? std::optional(parts) : std::nullopt;
}

std::optional<base::Time> time_of(const Parts& parts) {
    const year_month_day date(year(parts.year), month(parts.month + 1), day(static_cast<unsigned>(parts.day)));
    // 60 is a leap second.
    if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
    return sys_days(date) + hours(parts.hour) + minutes(parts.minute) + seconds(parts.second);
}

}  // namespace

std::string http_date(base::Time time) {
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<seconds>(time - day));
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", weekdays[weekday(day).c_encoding()],
                       static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

std::optional<base::Time> parse_http_date(std::string_view text, base::Time now) {
    auto parts = read_fixdate(text);
    if (!parts) parts = read_rfc850(text, static_cast<int>(year_month_day(floor<days>(now)).year()));
    if (!parts) parts = read_asctime(text);
    return parts ? time_of(*parts) : std::nullopt;
}

}  // namespace musterd::http
