#pragma once

namespace musterd::app {

/// The process's log, to standard error, written by a thread of its own: a log that nobody reads (a stopped pager, a
/// full pipe of a container's log driver) must not stop the machines. When it is stuck, the oldest lines give way; the
/// journal has what happened. On a terminal each line comes at once and in colour; elsewhere lines that wait together
/// are written together, for in a storm of thousands a second the calls would cost more than the lines.
void set_up_log();

/// The log's thread ends with the process, once it has written what it was given. One that is stuck for a second never
/// would: then the process ends here, with this exit code.
void leave_stuck_log(int code);

}  // namespace musterd::app
