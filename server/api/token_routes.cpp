#include "server/api/token_routes.hpp"

#include "server/api/json_body.hpp"
#include "server/api/problem.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace musterd::api {

namespace {

using http::Captures;
using http::Request;
using http::Response;

unsigned status_of(const base::Error& error) {
    if (error.code() == std::errc::invalid_argument) return 400;
    if (error.code() == std::errc::file_exists) return 409;
    return error.code() == std::errc::no_such_file_or_directory ? 404 : 500;
}

boost::json::object info_json(const TokenInfo& info) {
    boost::json::object object{{"name", info.name}, {"role", to_string(info.role)}, {"created", nullptr}};
    if (info.created) object["created"] = base::to_rfc3339(*info.created);
    return object;
}

Response list(const Tokens& tokens) {
    boost::json::array all;
    for (const auto& info : tokens.list())
        all.push_back(info_json(info));
    return json(200, all);
}

Response create(Tokens& tokens, const Request& request) {
    auto body = read_json_body(request, {"name", "role"});
    if (body.refusal) return std::move(*body.refusal);
    const auto name = body.text("name");
    const auto role = role_from(body.text("role"));
    if (!role) return problem_details(400, "role: one of read, operate and admin");
    const auto now = base::now();
    const auto token = tokens.create(name, *role, now);
    if (!token) return problem_details(status_of(token.error()), token.error().message());
    spdlog::info("token \"{}\" was made, role {}", name, to_string(*role));
    auto object = info_json({name, *role, now});
    object["token"] = *token;
    auto response = json(201, object);
    response.headers.emplace_back("Cache-Control", "no-store");
    response.headers.emplace_back("Location", "/api/v1/tokens/" + name);
    return response;
}

Response remove(Tokens& tokens, const std::string& name) {
    const auto removed = tokens.remove(name);
    if (!removed) return problem_details(status_of(removed.error()), removed.error().message());
    spdlog::info("token \"{}\" was removed", name);
    return http::text(204, {});
}

}  // namespace

void add_token_routes(ApiRouter& routes, Guard& guard) {
    routes.get("/api/v1/self", [&guard](const Request& request, const Captures&) {
        const auto holder = guard.holder(request);
        return json(200, boost::json::object{{"name", holder.name}, {"role", to_string(holder.role)}});
    });
    routes.add("GET", "/api/v1/tokens", Role::admin,
               [&guard](const Request&, const Captures&) { return list(guard.tokens()); });
    routes.add("POST", "/api/v1/tokens", Role::admin,
               [&guard](const Request& request, const Captures&) { return create(guard.tokens(), request); });
    routes.add("DELETE", "/api/v1/tokens/{name}", Role::admin, [&guard](const Request&, const Captures& captures) {
        return remove(guard.tokens(), captures.at("name"));
    });
}

}  // namespace musterd::api
