// A write-ahead log as a crash or a bad disk leaves it, and states kept beside the journal: reading them never crashes.
#include "server/base/bytes.hpp"
#include "server/boots/log_check.hpp"
#include "server/boots/roll_snapshot.hpp"

#include <cstdlib>
#include <sstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace musterd;
    const std::string text(base::as_text({data, size}));
    std::istringstream log(text);
    const auto state = boots::check_log(log);
    if (state.commits > state.frames) std::abort();
    if (const auto host = boots::host_from_snapshot(text)) {
        const auto again = boots::host_from_snapshot(boots::to_snapshot(*host));
        if (!again || !(*again == *host)) std::abort();
    }
    (void)boots::machine_from_snapshot(text);
    return 0;
}
