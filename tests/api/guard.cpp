#include "server/api/guard.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using api::Guard;
using api::Role;

namespace {

const std::string first = "0123456789abcdef";
const base::Tick start{};

struct Door {
    support::TemporaryFolder folder;
    Guard guard{*api::Tokens::open(folder.path() / "tokens.d", first), 33};

    unsigned ask(const std::string& header, Role needed = Role::read, const std::string& peer = "10.0.0.1",
                 base::Tick now = start) {
        http::Request request;
        request.peer = peer;
        if (!header.empty()) request.headers["authorization"] = header;
        const auto refused = guard.refusal(request, needed, now);
        return refused ? refused->status : 200;
    }
};

}  // namespace

TEST_CASE("over TCP a token opens, and nothing else does") {
    Door door;
    CHECK(door.ask("Bearer " + first, Role::admin) == 200);
    CHECK(door.ask("bearer " + first, Role::admin) == 200);
    for (const auto* wrong : {"", "Bearer", "Bearer ", "Bearer 0123456789abcdeF", "Bearer 0123456789abcde",
                              "Bearer 0123456789abcdef0", "Basic 0123456789abcdef", "bearer 0123456789abcdef "}) {
        CAPTURE(std::string(wrong));
        CHECK(door.ask(wrong) == 401);
    }
}

TEST_CASE("each role may what it may, and all that a lesser one may") {
    Door door;
    for (const auto role : {Role::read, Role::operate, Role::admin}) {
        const auto token = door.guard.tokens().create(std::string(to_string(role)), role, base::Time());
        REQUIRE(token);
        for (const auto needed : {Role::read, Role::operate, Role::admin})
            CHECK(door.ask("Bearer " + *token, needed) == (needed <= role ? 200U : 403U));
    }
}

TEST_CASE("on the Unix socket root and the server's own user need no token, others do") {
    Door door;
    http::Request request;
    request.credentials = http::PeerCredentials{0, 0, 1};
    CHECK_FALSE(door.guard.refusal(request, Role::admin, start));
    request.credentials->uid = 33;
    CHECK_FALSE(door.guard.refusal(request, Role::admin, start));
    request.credentials->uid = 1000;
    const auto refused = door.guard.refusal(request, Role::read, start);
    REQUIRE(refused);
    CHECK(refused->status == 401);
}

TEST_CASE("who guesses waits, whatever it sends then; the right token from another address does not") {
    Door door;
    for (int i = 0; i < api::Failures::at_once; ++i)
        CHECK(door.ask("Bearer guess") == 401);
    CHECK(door.ask("Bearer guess") == 429);
    CHECK(door.ask("Bearer " + first) == 429);
    CHECK(door.ask("") == 401);
    CHECK(door.ask("Bearer " + first, Role::admin, "10.0.0.2") == 200);
    CHECK(door.ask("Bearer " + first, Role::admin, "10.0.0.1", start + api::Failures::pause) == 200);
}

TEST_CASE("a refusal says how to come in and when to come back") {
    Door door;
    http::Request request;
    request.peer = "10.0.0.9";
    const auto has = [](const http::Response& response, const std::string& name, const std::string& value) {
        return std::find(response.headers.begin(), response.headers.end(), std::pair(name, value)) !=
               response.headers.end();
    };
    CHECK(has(*door.guard.refusal(request, Role::read, start), "WWW-Authenticate", "Bearer"));
    request.headers["authorization"] = "Bearer guess";
    for (int i = 0; i < api::Failures::at_once; ++i)
        CHECK(door.guard.refusal(request, Role::read, start));
    CHECK(has(*door.guard.refusal(request, Role::read, start), "Retry-After", "6"));
}
