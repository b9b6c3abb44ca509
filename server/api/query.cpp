#include "server/api/query.hpp"

#include <fmt/format.h>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <charconv>

namespace musterd::api {

namespace {

std::string escaped(std::string_view text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars);
}

}  // namespace

std::string Query::text(const std::string& name) const {
    return std::string(request_.parameter(name));
}

void Query::wrong(const std::string& name, const std::string& why) {
    if (problem_.empty()) problem_ = name + ": " + why;
}

std::uint64_t Query::number(const std::string& name, std::uint64_t least, std::uint64_t most, std::uint64_t fallback) {
    const auto text = request_.parameter(name);
    if (text.empty()) return fallback;
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code == std::errc{} && end == text.data() + text.size() && value >= least && value <= most) return value;
    wrong(name, fmt::format("\"{}\" is not a whole number from {} to {}", text.substr(0, 40), least, most));
    return fallback;
}

bool Query::flag(const std::string& name) {
    const auto text = request_.parameter(name);
    if (text == "true" || text == "1") return true;
    if (!text.empty() && text != "false" && text != "0")
        wrong(name, fmt::format("\"{}\" is neither true nor false", text.substr(0, 40)));
    return false;
}

std::optional<base::Time> Query::time(const std::string& name) {
    const auto text = request_.parameter(name);
    if (text.empty()) return std::nullopt;
    const auto time = base::parse_rfc3339(text);
    if (time) return *time;
    wrong(name, fmt::format("\"{}\" is not a time as 2026-11-21T09:30:00.000Z", text.substr(0, 40)));
    return std::nullopt;
}

std::pair<std::string, std::string> next_link(const http::Request& request, const std::string& name,
                                              const std::string& value) {
    auto target = fmt::format("{}?{}={}", request.path, name, escaped(value));
    for (const auto& [other, given] : request.query) {
        if (other != name) target += fmt::format("&{}={}", escaped(other), escaped(given));
    }
    return {"Link", fmt::format("<{}>; rel=\"next\"", target)};
}

}  // namespace musterd::api
