#include "server/api/authorize.hpp"

#include "server/base/fd.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

using namespace musterd;

namespace {
http::Request with_header(const std::string& value) {
    http::Request request;
    if (!value.empty()) request.headers["authorization"] = value;
    return request;
}
}  // namespace

TEST_CASE("a token is made once, private, and kept") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "token";
    const auto first = api::load_token(file);
    REQUIRE(first);
    CHECK(first->size() == 64);
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    CHECK(*api::load_token(file) == *first);
}

TEST_CASE("an emptied token file is an error, not an open door") {
    const support::TemporaryFolder folder;
    std::ofstream(folder.path() / "token") << "\n";
    const auto token = api::load_token(folder.path() / "token");
    REQUIRE_FALSE(token);
    CHECK(token.error().message().find("too short") != std::string::npos);
}

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
