// Bytes of a connection, whole and in pieces: both ways give the same request or refusal.
#include "http/request_parser.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace musterd::http;

namespace {
std::string feed(RequestParser& parser, std::string_view text, std::size_t step) {
    std::string input;
    while (!parser.done() && !text.empty()) {
        const auto count = std::min(step, text.size());
        input.append(text.substr(0, count));
        text.remove_prefix(count);
        input.erase(0, parser.feed(input));
    }
    return input + std::string(text);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string text(data + 1, data + size);
    Limits limits;
    limits.header = 512;
    limits.body = 64;
    RequestParser whole(limits);
    RequestParser pieces(limits);
    const auto rest = feed(whole, text, SIZE_MAX);
    const auto other_rest = feed(pieces, text, data[0] % 32U + 1U);
    if (!whole.done() || whole.refusal() || !pieces.done() || pieces.refusal()) return 0;
    const auto request = whole.take();
    const auto other = pieces.take();
    if (request.path != other.path || request.headers != other.headers) std::abort();
    if (!whole.body_unread() && (rest != other_rest || request.body != other.body)) std::abort();
    if (!request.path.starts_with('/') || request.body.size() > limits.body) std::abort();
    return 0;
}
