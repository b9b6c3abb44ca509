#include "server/api/adopt_route.hpp"

#include "server/api/json_body.hpp"
#include "server/api/problem.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/json/object.hpp>

namespace musterd::api {

namespace {

http::Response answer(const Adopt& adopt, const http::Request& request, const std::string& machine) {
    const auto mac = base::Mac::parse(machine);
    if (!mac) return problem_details(400, mac.error().message());
    auto body = read_json_body(request, {"name", "profile"});
    if (body.refusal) return std::move(*body.refusal);
    const profiles::Adoption adoption{*mac, body.text("name"), body.text("profile")};
    for (const auto* field : {"name", "profile"}) {
        if (body.text(field).empty()) return problem_details(400, fmt::format("{}: it is missing", field));
    }
    const auto file = adopt(adoption);
    if (!file) {
        // Under systemd the configuration is usually not the server's to write.
        const bool ours = file.error().code() != std::errc::invalid_argument;
        return problem_details(409, ours ? fmt::format("{}; run: musterd host adopt {} --name NAME --profile PROFILE",
                                                       file.error().message(), mac->to_string())
                                         : file.error().message());
    }
    spdlog::info("{}: host {} added, {}", file->string(), adoption.name, mac->to_string());
    return json(201, boost::json::object{{"host", adoption.name}, {"file", file->string()}});
}

}  // namespace

void add_adopt_route(ApiRouter& routes, Adopt adopt) {
    routes.add("POST", "/api/v1/machines/{mac}/adopt", Role::admin,
               [adopt = std::move(adopt)](const http::Request& request, const http::Captures& captures) {
                   return answer(adopt, request, captures.at("mac"));
               });
}

}  // namespace musterd::api
