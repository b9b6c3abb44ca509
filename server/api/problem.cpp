#include "server/api/problem.hpp"

#include "profiles/filters.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include <utility>

namespace musterd::api {

http::Response json(unsigned status, const boost::json::value& value) {
    return http::text(status, boost::json::serialize(value) + "\n", "application/json");
}

http::Response problem_details(unsigned status, std::string_view detail) {
    // The detail may quote what was asked, which need not be UTF-8.
    return http::text(status,
                      fmt::format("{{\"type\":\"about:blank\",\"title\":{},\"status\":{},\"detail\":{}}}\n",
                                  profiles::for_json(http::reason_phrase(status)), status, profiles::for_json(detail)),
                      "application/problem+json");
}

http::Response as_problem_details(std::string_view path, http::Response response) {
    const auto* text = std::get_if<std::string>(&response.body);
    const bool ours = path == "/api" || path.starts_with("/api/");
    if (!ours || response.status < 400 || text == nullptr || !response.content_type.starts_with("text/plain"))
        return response;
    const std::string_view line(*text);
    auto details = problem_details(response.status, line.substr(0, line.find_last_not_of('\n') + 1));
    details.headers = std::move(response.headers);
    return details;
}

}  // namespace musterd::api
