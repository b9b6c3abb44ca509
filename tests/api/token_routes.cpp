#include "tests/api/test_server.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using support::TestServer;

namespace {

std::string text(const http::Response& response) {
    return std::get<std::string>(response.body);
}

std::string make(TestServer& server, const std::string& role) {
    const auto made = server.ask("POST", "/api/v1/tokens", R"({"name":"my-)" + role + R"(","role":")" + role + "\"}",
                                 TestServer::token);
    REQUIRE(made.status == 201);
    return std::string(boost::json::parse(text(made)).at("token").as_string());
}

}  // namespace

TEST_CASE("a token is made, listed without itself, used by its role, and removed") {
    support::TestSite test;
    TestServer server(test);
    const auto reader = make(server, "read");
    const auto admin = make(server, "admin");
    const auto listed = server.ask("GET", "/api/v1/tokens", {}, admin);
    CHECK(listed.status == 200);
    CHECK(boost::json::parse(text(listed)).as_array().size() == 3);
    CHECK(text(listed).find(reader) == std::string::npos);
    CHECK(server.ask("GET", "/api/v1/hosts", {}, reader).status == 200);
    CHECK(server.ask("GET", "/api/v1/tokens", {}, reader).status == 403);
    CHECK(server.ask("POST", "/api/v1/tokens", R"({"name":"x","role":"admin"})", reader).status == 403);
    CHECK(server.ask("DELETE", "/api/v1/tokens/my-read", {}, admin).status == 204);
    CHECK(server.ask("GET", "/api/v1/hosts", {}, reader).status == 401);
    CHECK(server.ask("DELETE", "/api/v1/tokens/my-read", {}, admin).status == 404);
    CHECK(server.ask("DELETE", "/api/v1/tokens/token", {}, admin).status == 400);
    CHECK(test.events().empty());
}

TEST_CASE("bodies that are none are refused in words, and make nothing") {
    support::TestSite test;
    TestServer server(test);
    const std::string deep(10'000, '[');
    const std::pair<const char*, std::string> bodies[] = {
        {"nothing", ""},
        {"no JSON", "{"},
        {"no object", "[]"},
        {"nested", R"({"name":)" + deep},
        {"no text", R"({"name":1,"role":"read"})"},
        {"not UTF-8", "{\"name\":\"\xff\xfe\",\"role\":\"read\"}"},
        {"an unknown field", R"({"name":"a","role":"read","uid":"0"})"},
        {"no role", R"({"name":"a"})"},
        {"another role", R"({"name":"a","role":"root"})"},
        {"no name", R"({"role":"read"})"},
        {"a path as name", R"({"name":"../a","role":"read"})"},
    };
    for (const auto& each : bodies) {
        const std::string what = each.first;
        CAPTURE(what);
        http::Request request;
        request.method = "POST";
        request.path = "/api/v1/tokens";
        request.headers = {{"authorization", std::string("Bearer ") + TestServer::token},
                           {"content-type", "Application/JSON; charset=utf-8"}};
        request.body = each.second;
        const auto answer = server.ask(request);
        CHECK(answer.status == 400);
        CHECK(answer.content_type == "application/problem+json");
        const auto problem = boost::json::parse(text(answer)).as_object();
        CHECK(problem.at("status") == 400);
        CHECK(problem.at("title") == "Bad Request");
        CHECK_FALSE(problem.at("detail").as_string().empty());
        request.headers["content-type"] = "text/plain";
        CHECK(server.ask(request).status == 415);
    }
    CHECK(server.api("/api/v1/tokens").as_array().size() == 1);
    CHECK(server.ask("POST", "/api/v1/tokens", R"({"name":"a","role":"read"})", TestServer::token).status == 201);
    CHECK(server.ask("POST", "/api/v1/tokens", R"({"name":"a","role":"read"})", TestServer::token).status == 409);
}

TEST_CASE("every error under /api is problem details, the router's too") {
    support::TestSite test;
    TestServer server(test);
    const std::tuple<const char*, std::string, unsigned> requests[] = {
        {"GET", "/api/v1/hosts/\xff\"", 404},
        {"GET", "/api/v1/nothing", 404},
        {"GET", "/api", 404},
        {"POST", "/api/v1/hosts", 405},
        {"GET", "/api/v1/events?limit=0", 400},
        {"GET", "/api/v1/boots?limit=x", 400},
        {"GET", "/api/v1/explain/nobody", 404},
        {"GET", "/api/v1/hosts/disk/render?what=overlay", 409},
    };
    for (const auto& each : requests) {
        const auto target = std::get<1>(each);
        CAPTURE(target);
        const auto answer = server.ask(std::get<0>(each), target, {}, TestServer::token);
        CHECK(answer.status == std::get<2>(each));
        CHECK(answer.content_type == "application/problem+json");
        CHECK(boost::json::parse(text(answer)).at("status") == std::get<2>(each));
    }
    CHECK(server.ask("GET", "/boot/nothing", {}, {}).content_type != "application/problem+json");
}

TEST_CASE("who asks is told by which token, and for what it is good") {
    support::TestSite test;
    TestServer server(test);
    CHECK(server.api("/api/v1/self").at("role") == "admin");
    const auto self = boost::json::parse(text(server.ask("GET", "/api/v1/self", {}, make(server, "read"))));
    CHECK(self.at("name") == "my-read");
    CHECK(self.at("role") == "read");
}

TEST_CASE("an admin adopts a machine, with a name and a profile; what is wrong with them is said") {
    support::TestSite test;
    TestServer server(test);
    const std::string target = "/api/v1/machines/52:54:00:00:00:99/adopt";
    const auto ask = [&](const std::string& body) { return server.ask("POST", target, body, TestServer::token); };
    CHECK(ask(R"({"name":"new","profile":"demo"})").status == 201);
    REQUIRE(server.adopted.size() == 1);
    CHECK(server.adopted[0].mac.to_string() == "52:54:00:00:00:99");
    CHECK(server.adopted[0].name == "new");
    CHECK(ask(R"({"name":"new"})").status == 400);
    CHECK(ask(R"({"name":"new","profile":"demo","file":"/etc/passwd"})").status == 400);
    const auto bad = ask(R"({"name":"bad","profile":"demo"})");
    CHECK(bad.status == 409);
    CHECK(text(bad).find("no such name") != std::string::npos);
    CHECK(text(ask(R"({"name":"locked","profile":"demo"})")).find("musterd host adopt 52:54:00:00:00:99") !=
          std::string::npos);
    CHECK(server.ask("POST", "/api/v1/machines/nonsense/adopt", R"({"name":"a","profile":"b"})", TestServer::token)
              .status == 400);
    CHECK(server.ask("POST", target, R"({"name":"a","profile":"b"})", make(server, "operate")).status == 403);
    CHECK(server.adopted.size() == 1);
}
