#pragma once

#include "server/base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace musterd::base {

/// Wall-clock time with the journal's resolution.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
/// For waiting and measuring: never jumps.
using Tick = std::chrono::steady_clock::time_point;

Time now();

/// "2026-11-21T09:30:00.125Z": RFC 3339, UTC, always three decimals.
std::string to_rfc3339(Time time);
Result<Time> parse_rfc3339(std::string_view text);

/// "15m", "90s", "1h30m", "250ms", "90d"; a bare number is seconds. Not negative, at most a year.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "1.4 s", "2 min 5 s": for people.
std::string humanize(std::chrono::milliseconds duration);

}  // namespace musterd::base
