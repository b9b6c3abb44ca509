#pragma once

#include "server/boots/roll.hpp"

#include <boost/json/object.hpp>

namespace musterd::boots {

/// `{id, started, stages: {STAGE: TIME}, bytes: {FILE: {sent, size}}}`, as every command and URL shows a boot.
boost::json::object to_json(const Boot& boot);

/// Adds `stage, condition, reason, since, boot`, and `installation: {boot, mac, began, ended}` where one is known, to
/// what the configuration knows of a host.
void add_state(boost::json::object& host, const HostState& state);

/// mac, first, last, times, address, reason, and what it said of itself.
boost::json::object to_json(const std::string& mac, const UnknownMachine& machine);

}  // namespace musterd::boots
