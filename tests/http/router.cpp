#include "http/router.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace musterd::http;

namespace {

/// Answers with its own name and what it captured.
Router::Route named(const std::string& name) {
    return [name](const Request&, const Captures& captures, const Respond& respond) {
        std::string body = name;
        for (const auto& [key, value] : captures)
            body.append(" ").append(key).append("=").append(value);
        respond(text(200, body));
    };
}

Router boot_router() {
    Router router;
    router.add("GET", "/boot/{boot}/{file...}", named("any"));
    router.add("GET", "/boot/{boot}/kernel", named("kernel"));
    router.add("POST", "/boot/{boot}/up", named("up"));
    router.add("GET", "/boot/loader/{file}", named("loader"));
    router.add("GET", "/", named("page"));
    router.add("GET", "/api/v1/hosts", named("hosts"));
    router.add("PUT", "/api/v1/hosts", named("put"));
    router.add("GET", "/images/{digest}/{path...}", named("image"));
    return router;
}

Response ask(const Router& router, const std::string& method, const std::string& path) {
    Request request;
    request.method = method;
    request.path = path;
    Response answer;
    router(request, [&](Response response) { answer = std::move(response); });
    return answer;
}

std::string body(const Response& response) {
    return std::get<std::string>(response.body);
}

}  // namespace

TEST_CASE("the pattern that is literal earlier wins, whatever the order of addition") {
    const auto router = boot_router();
    CHECK(body(ask(router, "GET", "/boot/loader/ipxe.efi")) == "loader file=ipxe.efi");
    CHECK(body(ask(router, "GET", "/boot/01J/kernel")) == "kernel boot=01J");
    CHECK(body(ask(router, "GET", "/boot/01J/seed/meta-data")) == "any boot=01J file=seed/meta-data");
    CHECK(body(ask(router, "GET", "/boot/loader/a/b")) == "any boot=loader file=a/b");
    CHECK(body(ask(router, "GET", "/images/abc/dir/")) == "image digest=abc path=dir/");
    CHECK(body(ask(router, "GET", "/")) == "page");
}

TEST_CASE("HEAD goes where GET goes, and the handler sees HEAD") {
    Router router;
    std::string seen;
    router.add("GET", "/x", [&](const Request& request, const Captures&, const Respond& respond) {
        seen = request.method;
        respond(text(200, ""));
    });
    CHECK(ask(router, "HEAD", "/x").status == 200);
    CHECK(seen == "HEAD");
}

TEST_CASE("what no pattern matches is 404") {
    const auto router = boot_router();
    for (const auto* const path :
         {"/boot", "/boot/", "/boot/01J", "/boot/01J/", "/images/abc/", "/api/v1/hosts/", "/apI"}) {
        CAPTURE(path);
        CHECK(ask(router, "GET", path).status == 404);
    }
}

TEST_CASE("a wrong method is 405 and says which are right") {
    const auto answer = ask(boot_router(), "DELETE", "/api/v1/hosts");
    CHECK(answer.status == 405);
    REQUIRE(answer.headers.size() == 1);
    CHECK(answer.headers[0] == std::pair<std::string, std::string>("Allow", "GET, HEAD, PUT"));
    CHECK(ask(boot_router(), "POST", "/boot/01J/up").status == 200);
}

TEST_CASE("malformed patterns and routes that are there twice are refused at start") {
    Router router;
    router.add("GET", "/a/{x}", named("a"));
    CHECK_THROWS_AS(router.add("GET", "/a/{y}", named("b")), std::invalid_argument);
    CHECK_THROWS_AS(router.add("GET", "a", named("b")), std::invalid_argument);
    CHECK_THROWS_AS(router.add("GET", "/{}", named("b")), std::invalid_argument);
    CHECK_THROWS_AS(router.add("GET", "/{x", named("b")), std::invalid_argument);
    CHECK_THROWS_AS(router.add("GET", "/{x...}/b", named("b")), std::invalid_argument);
    CHECK_NOTHROW(router.add("POST", "/a/{y}", named("b")));
}
