// Bodies of POST …/event: anything is either refused, or an event with short valid text.
#include "server/api/install_report.hpp"
#include "server/base/bytes.hpp"
#include "server/base/utf8.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace musterd;
    for (const auto* type : {"", "application/json", "application/x-www-form-urlencoded"}) {
        const auto report = api::read_install_report(type, base::as_text({data, size}));
        if (!report) {
            if (!base::is_utf8(report.error().message())) std::abort();
            continue;
        }
        for (const auto& [key, value] : report->details) {
            if (value.size() > 256 || !base::is_utf8(value) || value.find('\n') != std::string::npos) std::abort();
        }
    }
    return 0;
}
