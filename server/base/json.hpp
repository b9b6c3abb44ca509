#pragma once

#include "server/base/result.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace musterd::base {

/// Parses text that must be one JSON object, nested at most 16 deep.
Result<boost::json::object> parse_json_object(std::string_view text);

/// The string under `key`, empty when it is absent or not a string.
std::string json_text(const boost::json::object& object, std::string_view key);
/// The whole number from 0 under `key`.
std::optional<std::uint64_t> json_count(const boost::json::object& object, std::string_view key);

}  // namespace musterd::base
