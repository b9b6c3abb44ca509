#pragma once

#include "server/app/client.hpp"
#include "server/base/event.hpp"

#include <functional>

namespace musterd::app {

/// Calls `take` with every event after `after` that the server has now, page by page.
base::Result<void> each_event(const Client& client, std::uint64_t after, const std::string& host,
                              const std::function<void(const base::Event&)>& take);

/// "/api/v1/events?after=…&host=…"; a host name needs no escaping.
std::string events_target(std::uint64_t after, const std::string& host, bool follow);

}  // namespace musterd::app
