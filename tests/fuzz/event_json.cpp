// JSON from outside (phone-home bodies, journal lines): reading never crashes, and what was read writes and reads again
// to the same event.
#include "server/base/bytes.hpp"
#include "server/base/event.hpp"
#include "server/boots/roll.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace musterd;
    const auto event = base::event_from_json(base::as_text({data, size}));
    if (!event) return 0;
    const auto again = base::event_from_json(base::to_json(*event));
    if (!again || !(*again == *event)) std::abort();
    boots::Roll roll;
    boots::reduce(roll, *event);
    boots::reduce(roll, *again);
    return 0;
}
