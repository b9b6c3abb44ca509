#pragma once

#include "server/api/admin_routes.hpp"
#include "server/api/api_router.hpp"
#include "server/api/boot_routes.hpp"
#include "tests/support/test_site.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace musterd::support {

/// The site behind its router, asked as the HTTP room would ask it.
class TestServer {
public:
    explicit TestServer(support::TestSite& test)
        : streams_(test.boots(), post()),
          metrics_(test.site(), "1.2.3"),
          guard_(*api::Tokens::open(folder_.path() / "tokens.d", token), 1000) {
        api::add_boot_routes(router_, test.site(), post());
        api::add_admin_routes(router_, test.site(), streams_, metrics_, guard_,
                              [this](const profiles::Adoption& adoption) { return adopt(adoption); });
    }

    /// What was adopted; a host that is named "bad" is not.
    std::vector<profiles::Adoption> adopted;

    static constexpr const char* token = "0123456789abcdef0123";

    http::Response ask(const std::string& method, const std::string& path, const std::string& body = {},
                       const std::string& bearer = {}) {
        http::Request request;
        request.method = method;
        request.path = path.substr(0, path.find('?'));
        for (auto at = request.path.size(); at < path.size();) {
            const auto end = std::min(path.find('&', at + 1), path.size());
            const auto pair = path.substr(at + 1, end - at - 1);
            request.query.emplace(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
            at = end;
        }
        if (!bearer.empty()) request.headers["authorization"] = "Bearer " + bearer;
        request.body = body;
        if (body.starts_with('{')) request.headers["content-type"] = "application/json";
        request.peer = "10.55.0.101";
        request.local = "10.55.0.5";
        request.local_port = 8080;
        return ask(std::move(request));
    }

    http::Response ask(http::Request request) {
        http::Response answer;
        api::in_problem_details(router_)(std::move(request),
                                         [&](http::Response response) { answer = std::move(response); });
        return answer;
    }

    boost::json::value api(const std::string& path) {
        const auto answer = ask("GET", path, {}, token);
        REQUIRE(answer.status == 200);
        return boost::json::parse(std::get<std::string>(answer.body));
    }

    [[nodiscard]] const http::Router& router() const { return router_; }
    api::Metrics& metrics() { return metrics_; }

private:
    static api::Post post() {
        return [](const std::function<void()>& work) { work(); };
    }
    base::Result<std::filesystem::path> adopt(const profiles::Adoption& adoption) {
        if (adoption.name == "bad")
            return base::Error("no such name", std::make_error_code(std::errc::invalid_argument));
        if (adoption.name == "locked") return base::Error("hosts.d: read-only file system");
        adopted.push_back(adoption);
        return std::filesystem::path("/etc/musterd/hosts.d/adopted.toml");
    }

    http::Router router_;
    api::EventStreams streams_;
    api::Metrics metrics_;
    support::TemporaryFolder folder_;
    api::Guard guard_;
};

}  // namespace musterd::support
