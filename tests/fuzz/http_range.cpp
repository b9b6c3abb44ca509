// Conditions and ranges from the network, line by line: If-Match, If-None-Match, If-Range, Range, If-Modified-Since,
// If-Unmodified-Since. Whatever they say, the plan stays inside the file, and its head says what its body is.
#include "http/head.hpp"

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

using namespace musterd::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const std::uint64_t total = static_cast<std::uint64_t>(data[0]) | static_cast<std::uint64_t>(data[1]) << 8U;
    Request request;
    request.method = data[2] % 2 == 0 ? "GET" : "HEAD";
    request.path = "/f.efi";
    std::istringstream lines(std::string(data + 3, data + size));
    for (const auto* const name :
         {"if-match", "if-none-match", "if-range", "range", "if-modified-since", "if-unmodified-since"}) {
        std::string value;
        if (std::getline(lines, value) && !value.empty()) request.headers[name] = value;
    }
    Response response;
    response.body = musterd::base::FileSlice{nullptr, 0, total, "e1"};
    response.modified = musterd::base::Time(std::chrono::hours(24 * 365 * 50));
    Circumstances circumstances;
    circumstances.now = musterd::base::Time(std::chrono::hours(24 * 365 * 56));
    const auto plan = plan_response(request, response, circumstances);

    const auto* const slice = std::get_if<musterd::base::FileSlice>(&plan.body);
    const bool whole_or_part = plan.status == 200 || plan.status == 206;
    if (whole_or_part && request.method == "GET") {
        if (slice == nullptr || slice->offset + slice->length > total || slice->length != plan.size) std::abort();
        if (plan.status == 200 && slice->length != total) std::abort();
    } else if (slice != nullptr) {
        std::abort();
    }
    if (!plan.head.ends_with("\r\n\r\n") || plan.head.find("\r\n\r\n") + 4 != plan.head.size()) std::abort();
    return 0;
}
