#pragma once

#include <cstdint>

namespace musterd::api {

/// What the kernel says of this process (proc(5)); 0 where it says nothing.
struct ProcessUsage {
    double cpu_seconds = 0;  ///< user and system
    double resident_bytes = 0;
    double open_descriptors = 0;
    double threads = 0;
    double start_time = 0;  ///< seconds since 1970
};
ProcessUsage process_usage();

}  // namespace musterd::api
