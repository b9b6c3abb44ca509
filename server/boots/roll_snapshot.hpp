#pragma once

#include "server/base/result.hpp"
#include "server/boots/roll.hpp"

#include <string>
#include <string_view>

namespace musterd::boots {

/// A host's state, or a machine that no host names, written down whole: what is read again is equal. One line of JSON,
/// times as milliseconds since 1970. Good for this reducer_version only.
std::string to_snapshot(const HostState& host);
std::string to_snapshot(const UnknownMachine& machine);

/// The error says what is missing or wrong.
base::Result<HostState> host_from_snapshot(std::string_view text);
base::Result<UnknownMachine> machine_from_snapshot(std::string_view text);

}  // namespace musterd::boots
