#pragma once

namespace musterd::base {

/// Where processors are short, the calling thread leaves them to threads that answer machines: nice 5, a third of an
/// equal share (sched(7), kernel/sched/core.c sched_prio_to_weight). It still moves on, for others may wait for it.
void stand_back();

}  // namespace musterd::base
