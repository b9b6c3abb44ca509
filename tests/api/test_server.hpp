#pragma once

#include "server/api/admin_routes.hpp"
#include "server/api/boot_routes.hpp"
#include "tests/support/test_site.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <string>

namespace musterd::support {

/// The site behind its router, asked as the HTTP room would ask it.
class TestServer {
public:
    explicit TestServer(support::TestSite& test) : streams_(test.boots(), post()), metrics_(test.site(), "1.2.3") {
        api::add_boot_routes(router_, test.site(), post());
        api::add_admin_routes(router_, test.site(), streams_, metrics_, 1000);
    }

    http::Response ask(const std::string& method, const std::string& path, const std::string& body = {},
                       const std::string& token = {}) {
        http::Request request;
        request.method = method;
        request.path = path.substr(0, path.find('?'));
        if (path.size() > request.path.size()) {
            const auto pair = path.substr(request.path.size() + 1);
            request.query.emplace(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
        }
        if (!token.empty()) request.headers["authorization"] = "Bearer " + token;
        request.body = body;
        request.peer = "10.55.0.101";
        request.local = "10.55.0.5";
        request.local_port = 8080;
        http::Response answer;
        router_(request, [&](http::Response response) { answer = std::move(response); });
        return answer;
    }

    boost::json::value api(const std::string& path) {
        const auto answer = ask("GET", path, {}, "0123456789abcdef0123");
        REQUIRE(answer.status == 200);
        return boost::json::parse(std::get<std::string>(answer.body));
    }

    [[nodiscard]] const http::Router& router() const { return router_; }

private:
    static api::Post post() {
        return [](const std::function<void()>& work) { work(); };
    }
    http::Router router_;
    api::EventStreams streams_;
    api::Metrics metrics_;
};

}  // namespace musterd::support
