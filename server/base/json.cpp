#include "server/base/json.hpp"

#include <fmt/format.h>

namespace musterd::base {

namespace {
constexpr std::size_t deepest = 16;
}

Result<boost::json::object> parse_json_object(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = deepest;
    boost::json::error_code code;
    auto value = boost::json::parse(text, code, {}, options);
    if (code) return Error(fmt::format("not valid JSON: {}", code.message()));
    if (!value.is_object()) return Error("not a JSON object");
    return std::move(value.get_object());
}

std::string json_text(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
}

std::optional<std::uint64_t> json_count(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_uint64()) return value->get_uint64();
    if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
    return std::nullopt;
}

}  // namespace musterd::base
