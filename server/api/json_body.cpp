#include "server/api/json_body.hpp"

#include "server/api/problem.hpp"
#include "server/base/json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace musterd::api {

namespace {

/// The media type without its parameters, in lower case (RFC 9110 8.3.1).
std::string media_type(std::string_view header) {
    std::string type(header.substr(0, header.find(';')));
    type.erase(std::remove_if(type.begin(), type.end(), [](char c) { return c == ' ' || c == '\t'; }), type.end());
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return type;
}

}  // namespace

std::string JsonBody::text(std::string_view name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
}

JsonBody read_json_body(const http::Request& request, std::initializer_list<std::string_view> names) {
    JsonBody body;
    const auto refuse = [&body](unsigned status, const std::string& why) {
        body.fields.clear();
        body.refusal = problem_details(status, why);
        return body;
    };
    if (media_type(request.header("content-type")) != "application/json")
        return refuse(415, "send the body as Content-Type: application/json");
    const auto object = base::parse_json_object(request.body);
    if (!object) return refuse(400, object.error().message());
    for (const auto& [key, value] : *object) {
        const std::string_view name(key);
        if (std::find(names.begin(), names.end(), name) == names.end())
            return refuse(400, fmt::format("there is no field \"{}\" here; there are {}", name.substr(0, 40),
                                           fmt::join(names, ", ")));
        if (!value.is_string()) return refuse(400, fmt::format("{}: not a text", name));
        body.fields.emplace(name, std::string_view(value.get_string()));
    }
    return body;
}

}  // namespace musterd::api
