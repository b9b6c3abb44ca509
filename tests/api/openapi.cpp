// The API's description and the API, each walked and compared with the other.
#include "server/api/page.hpp"
#include "tests/api/test_server.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <set>

using namespace musterd;
namespace json = boost::json;

namespace {

const json::value& document() {
    static const auto parsed = json::parse(api::openapi());
    return parsed;
}

const json::value& resolved(const json::value& schema) {
    const auto* reference = schema.as_object().if_contains("$ref");
    if (reference == nullptr) return schema;
    const std::string name(reference->as_string());
    json::error_code code;
    const auto* found = document().find_pointer(name.substr(1), code);
    REQUIRE(found != nullptr);
    return *found;
}

std::string type_of(const json::value& value) {
    if (value.is_string()) return "string";
    if (value.is_int64() || value.is_uint64()) return "integer";
    if (value.is_double()) return "number";
    if (value.is_bool()) return "boolean";
    if (value.is_object()) return "object";
    if (value.is_array()) return "array";
    return value.is_null() ? "null" : "other";
}

bool has_type(const json::value& value, const json::value& type) {
    if (type.is_string()) return type.as_string() == type_of(value);
    const auto& list = type.as_array();
    return std::any_of(list.begin(), list.end(), [&value](const json::value& each) { return has_type(value, each); });
}

std::string problem(const json::value& value, const json::value& written, const std::string& where);

std::string problem_in_object(const json::object& value, const json::object& schema, const std::string& where) {
    if (const auto* required = schema.if_contains("required")) {
        for (const auto& name : required->as_array()) {
            if (!value.contains(name.as_string())) return where + " lacks " + std::string(name.as_string());
        }
    }
    const auto* properties = schema.if_contains("properties");
    const auto* others = schema.if_contains("additionalProperties");
    for (const auto& [name, each] : value) {
        const auto* own = properties == nullptr ? nullptr : properties->as_object().if_contains(name);
        const auto* known = own == nullptr ? others : own;
        if (known == nullptr) continue;
        auto why = problem(each, *known, where + "." + std::string(name));
        if (!why.empty()) return why;
    }
    return {};
}

/// Why the value is not as the schema has it; empty if it is.
std::string problem(const json::value& value, const json::value& written, const std::string& where) {
    const auto& schema = resolved(written).as_object();
    if (const auto* any = schema.if_contains("anyOf")) {
        for (const auto& each : any->as_array()) {
            if (problem(value, each, where).empty()) return {};
        }
        return where + " fits none of anyOf";
    }
    if (!has_type(value, schema.at("type"))) return where + " is of type " + type_of(value);
    if (const auto* names = schema.if_contains("enum")) {
        const auto& list = names->as_array();
        if (std::find(list.begin(), list.end(), value) == list.end()) return where + " is none of enum";
    }
    if (value.is_object()) return problem_in_object(value.as_object(), schema, where);
    if (!value.is_array() || !schema.contains("items")) return {};
    for (const auto& each : value.as_array()) {
        auto why = problem(each, schema.at("items"), where + "[]");
        if (!why.empty()) return why;
    }
    return {};
}

std::string upper(std::string_view text) {
    std::string name(text);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(c - 32); });
    return name;
}

}  // namespace

TEST_CASE("every route is described, and everything described is a route") {
    support::TestSite test;
    support::TestServer server(test);
    std::set<std::string> described;
    for (const auto& [path, methods] : document().at("paths").as_object()) {
        for (const auto& [method, operation] : methods.as_object()) {
            described.insert(upper(method) + " " + std::string(path));
        }
    }
    std::set<std::string> routes;
    for (const auto& pattern : server.router().patterns()) {
        const bool page = pattern == "GET /" || pattern.starts_with("GET /ui/");
        if (!page) routes.insert(pattern);
    }
    CHECK(routes == described);
}

namespace {

/// A path of the document, its parameters filled in.
std::string target_of(std::string_view path) {
    std::string target(path);
    for (const std::string parameter : {"{name}", "{who}", "{mac}"}) {
        if (const auto at = target.find(parameter); at != std::string::npos)
            target.replace(at, parameter.size(), "r640");
    }
    return target;
}

const json::value& schema_of(const json::value& operation, const std::string& status, const std::string& type) {
    return operation.at("responses").at(status).at("content").at(type).at("schema");
}

}  // namespace

TEST_CASE("what the API answers is as its description has it") {
    support::TestSite test;
    support::TestServer server(test);
    server.ask("GET", "/boot/script?mac=52:54:00:00:00:01");
    base::Event stranger;
    stranger.kind = base::EventKind::machine_seen;
    stranger.mac = "52:54:00:00:00:99";
    stranger.reason = "no host has it";
    stranger.details["arch"] = "amd64";
    test.site().note(stranger);
    int checked = 0;
    for (const auto& [path, methods] : document().at("paths").as_object()) {
        const auto target = target_of(path);
        const auto* get = methods.as_object().if_contains("get");
        if (!target.starts_with("/api/") || get == nullptr) continue;
        CAPTURE(target);
        const auto answer = server.api(target);
        if (answer.is_array()) CHECK_FALSE(answer.as_array().empty());
        CHECK(problem(answer, schema_of(*get, "200", "application/json"), "answer") == "");
        ++checked;
    }
    CHECK(checked >= 11);
}

TEST_CASE("each route under /api is for the role that its description names, and for no lesser one") {
    support::TestSite test;
    support::TestServer server(test);
    std::vector<std::pair<api::Role, std::string>> holders;
    for (const auto role : {api::Role::read, api::Role::operate, api::Role::admin}) {
        const auto body =
            R"({"name":"my-)" + std::string(to_string(role)) + R"(","role":")" + std::string(to_string(role)) + "\"}";
        const auto made = server.ask("POST", "/api/v1/tokens", body, support::TestServer::token);
        const auto answer = json::parse(std::get<std::string>(made.body));
        holders.emplace_back(role, answer.at("token").as_string());
    }
    int checked = 0;
    for (const auto& [path, methods] : document().at("paths").as_object()) {
        const auto target = target_of(path);
        if (!target.starts_with("/api/")) continue;
        for (const auto& [method, operation] : methods.as_object()) {
            const auto name = upper(method) + " " + target;
            CAPTURE(name);
            const auto& written = operation.at("security").at(0).at("token").at(0).as_string();
            const auto needed = api::role_from(written);
            REQUIRE(needed);
            for (const auto& holder : holders) {
                const auto answer = server.ask(upper(method), target, {}, holder.second);
                CHECK((answer.status == 403) == (holder.first < *needed));
            }
            const auto nobody = server.ask(upper(method), target);
            CHECK(nobody.status == 401);
            const auto error = json::parse(std::get<std::string>(nobody.body));
            CHECK(problem(error, schema_of(operation, "401", "application/problem+json"), "error") == "");
            ++checked;
        }
    }
    CHECK(checked >= 12);
}
