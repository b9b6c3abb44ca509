#include "server/base/background.hpp"

#include <sys/resource.h>

namespace musterd::base {

void stand_back() {
    constexpr int nice = 5;
    // On Linux this is of the calling thread, not of the process (setpriority(2), "C library/kernel differences").
    ::setpriority(PRIO_PROCESS, 0, nice);
}

}  // namespace musterd::base
