#pragma once

#include "http/message.hpp"

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace musterd::api {

/// What a request's body says: a JSON object of texts, each of these names at the most once, and no other.
struct JsonBody {
    std::map<std::string, std::string, std::less<>> fields;
    /// Why it is not taken, as the answer: 415 for another media type than application/json, else 400.
    std::optional<http::Response> refusal;

    [[nodiscard]] std::string text(std::string_view name) const;
};
JsonBody read_json_body(const http::Request& request, std::initializer_list<std::string_view> names);

}  // namespace musterd::api
