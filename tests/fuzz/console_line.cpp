// What a machine, or anybody in its name, sends to a console port: what is kept of it is short, readable and UTF-8.
#include "server/api/console_book.hpp"
#include "server/base/utf8.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace musterd;
    for (const auto kind : {api::ConsoleKind::syslog, api::ConsoleKind::netconsole}) {
        const auto lines = api::console_lines(kind, {data, size});
        if (lines.size() > 64) std::abort();
        for (const auto& line : lines) {
            if (line.size() > 503 || !base::is_utf8(line)) std::abort();
        }
    }
    return 0;
}
