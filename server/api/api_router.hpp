#pragma once

#include "http/router.hpp"
#include "server/api/guard.hpp"
#include "server/api/metrics.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace musterd::api {

/// Adds routes under /api: each is for those of a role, and answers at once, on the control thread.
class ApiRouter {
public:
    using Answer = std::function<http::Response(const http::Request&, const http::Captures&)>;

    ApiRouter(http::Router& router, Guard& guard, Metrics& metrics)
        : router_(router), guard_(guard), metrics_(metrics) {}

    /// The role is to stand in openapi.json too: tests/api/openapi.cpp compares them.
    void add(const std::string& method, std::string_view pattern, Role role, Answer answer);
    void get(std::string_view pattern, Answer answer) { add("GET", pattern, Role::read, std::move(answer)); }

private:
    http::Router& router_;
    Guard& guard_;
    Metrics& metrics_;
};

/// The router as http::Handler, errors under /api of which are all problem details, its own too.
http::Handler in_problem_details(const http::Router& router);

}  // namespace musterd::api
