#pragma once

#include "server/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace musterd::http {

/// "Sat, 21 Nov 2026 09:30:00 GMT" (RFC 9110 5.6.7).
std::string http_date(base::Time time);

/// The three forms that RFC 9110 5.6.7 has recipients read: as http_date() writes it, of RFC 850 ("Saturday, 21-Nov-26
/// 09:30:00 GMT"; a year that would be more than 50 years after `now` is of the century before) and of asctime() ("Sat
/// Nov 21 09:30:00 2026"). The day of the week may be any.
std::optional<base::Time> parse_http_date(std::string_view text, base::Time now);

}  // namespace musterd::http
