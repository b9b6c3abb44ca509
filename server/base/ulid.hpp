#pragma once

#include "server/base/clock.hpp"

#include <string>
#include <string_view>

namespace musterd::base {

/// A new ULID (26 characters, Crockford's base 32): 48 bits of `time`, 80 random bits. Sorts by time of making, and
/// is unguessable, which boot ids rely on.
std::string make_ulid(Time time);
/// A fresh ULID that sorts after `earlier`: its time part counts one millisecond on, for when the clock was set back.
std::string ulid_after(std::string_view earlier);
/// 26 characters of Crockford's alphabet in upper case, first one 0 to 7.
bool is_ulid(std::string_view text);

}  // namespace musterd::base
