// server/app: main, the command line, and the wiring of the rooms into one process. Nothing here decides anything that
// a room could decide.
//
//   main, options          commands and their switches (CLI11)
//   serve                  opens everything, runs the control thread and the pool, stops in two stages
//   dhcp_desk, tftp_desk   where a protocol room's questions meet the product's answers, and become events
//   client, *_command      the other commands: they talk to a running server over its Unix socket
#pragma once

#include "server/app/options.hpp"

namespace musterd::app {

/// Runs the server until it is told to stop. The exit code.
int serve(const ConfigOption& config);

}  // namespace musterd::app
