// The first line is a pattern, the second a path: a pattern is refused or serves, and a match rebuilds its path.
#include "http/router.hpp"

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

using namespace musterd::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    const auto end = text.find('\n');
    if (end == std::string::npos) return 0;
    const std::string pattern = text.substr(0, end);
    Request request;
    request.method = "GET";
    request.path = text.substr(end + 1);
    int answers = 0;
    Router router;
    try {
        router.add("GET", "/boot/{boot}/kernel", [&](auto, auto, const Respond& respond) { respond(Response{}); });
        router.add("GET", pattern, [&](const Request& asked, const Captures& captures, const Respond& respond) {
            for (const auto& [name, value] : captures) {
                if (value.empty() || asked.path.find(value) == std::string::npos) std::abort();
            }
            respond(Response{});
        });
    } catch (const std::invalid_argument&) {
        return 0;
    }
    router(request, [&](const Response& response) {
        ++answers;
        if (response.status != 200 && response.status != 404) std::abort();
    });
    if (answers != 1) std::abort();
    return 0;
}
