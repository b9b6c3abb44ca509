// Bodies of POST …/up and …/failed: anything is either refused or short valid text.
#include "server/api/phone_home.hpp"
#include "server/base/bytes.hpp"
#include "server/base/utf8.hpp"

#include <cstdlib>

namespace {
void check(const std::string& text) {
    if (text.size() > 256 || !musterd::base::is_utf8(text) || text.find('\n') != std::string::npos) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace musterd;
    const auto body = base::as_text({data, size});
    for (const auto* type : {"", "application/json", "application/x-www-form-urlencoded"}) {
        const auto details = api::read_phone_home(type, body);
        check(api::reported_reason(type, body));
        if (!details) continue;
        for (const auto& [key, value] : *details)
            check(value);
    }
    return 0;
}
