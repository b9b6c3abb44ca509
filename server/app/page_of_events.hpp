#pragma once

#include "server/app/client.hpp"
#include "server/app/commands.hpp"
#include "server/base/event.hpp"

#include <functional>

namespace musterd::app {

/// Calls `take` with every event that the server has now and that is asked for, page by page.
base::Result<void> each_event(const Client& client, const EventsOptions& wanted,
                              const std::function<void(const base::Event&)>& take);

/// "/api/v1/events?after=…&host=…"
std::string events_target(const EventsOptions& wanted, bool follow);

}  // namespace musterd::app
