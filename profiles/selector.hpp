#pragma once

#include "profiles/config.hpp"
#include "server/base/machine.hpp"

#include <string>
#include <vector>

namespace musterd::profiles {

/// Whether the machine is one of those. What a machine has not told fits nothing.
bool matches(const Selector& selector, const base::Machine& machine);

enum class Precedence {
    apart,   ///< no machine fits both
    first,   ///< the first is the more specific
    second,  ///< the second is
    tie,     ///< a machine that fits both could be either's
};
/// The one with more conditions is the more specific; with the same conditions, the one with the longer prefixes.
Precedence compare(const Selector& first, const Selector& second);

/// The most specific first: of what fits, the first is right, unless two tie.
void sort_by_precedence(std::vector<MachineRule>& rules);

/// "arch arm64, mac_prefix b8:ce:f6"
std::string to_string(const Selector& selector);

/// `b8:ce:f6`: one to six octets, with ':' or '-' between. Empty if it is none.
std::vector<std::uint8_t> parse_mac_prefix(std::string_view text);

}  // namespace musterd::profiles
