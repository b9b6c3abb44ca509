// Any bytes: what parse takes, serialize and parse give back unchanged.
#include "dhcp/options.hpp"
#include "dhcp/packet.hpp"

#include <cstdlib>

using namespace musterd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto packet = dhcp::parse({data, size});
    if (!packet) return 0;
    const auto bytes = dhcp::serialize(*packet);
    const auto again = dhcp::parse(bytes);
    if (!again || !(*again == *packet) || bytes.size() < 300) std::abort();
    static_cast<void>(dhcp::architectures(*packet));
    static_cast<void>(dhcp::user_classes(*packet));
    static_cast<void>(dhcp::boot_item(*packet));
    static_cast<void>(dhcp::ipxe_options(*packet));
    static_cast<void>(dhcp::vendor_class(*packet));
    return 0;
}
