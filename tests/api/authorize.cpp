#include "server/api/authorize.hpp"

#include <doctest/doctest.h>

using namespace musterd;

namespace {
http::Request with_header(const std::string& value) {
    http::Request request;
    if (!value.empty()) request.headers["authorization"] = value;
    return request;
}
}  // namespace

TEST_CASE("over TCP the token opens, and nothing else does") {
    const std::string token = "0123456789abcdef";
    CHECK(api::refusal(with_header("Bearer 0123456789abcdef"), token, 0).empty());
    for (const auto* wrong : {"", "Bearer", "Bearer ", "Bearer 0123456789abcdeF", "Bearer 0123456789abcde",
                              "Bearer 0123456789abcdef0", "Basic 0123456789abcdef", "bearer 0123456789abcdef "}) {
        CAPTURE(std::string(wrong));
        CHECK_FALSE(api::refusal(with_header(wrong), token, 0).empty());
    }
}

TEST_CASE("on the Unix socket root and the server's own user need no token, others do") {
    http::Request request;
    request.credentials = http::PeerCredentials{0, 0, 1};
    CHECK(api::refusal(request, "0123456789abcdef", 33).empty());
    request.credentials->uid = 33;
    CHECK(api::refusal(request, "0123456789abcdef", 33).empty());
    request.credentials->uid = 1000;
    CHECK_FALSE(api::refusal(request, "0123456789abcdef", 33).empty());
}
