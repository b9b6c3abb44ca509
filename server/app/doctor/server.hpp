#pragma once

#include "profiles/config.hpp"
#include "server/app/doctor/observations.hpp"

namespace musterd::app::doctor {

/// Asks the server of this configuration by its Unix socket, and learns its process id from the kernel (SO_PEERCRED).
ServerSeen look_at_server(const profiles::Config& config);

}  // namespace musterd::app::doctor
