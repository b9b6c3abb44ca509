#include "server/api/boot_list.hpp"

#include "server/api/problem.hpp"
#include "server/api/query.hpp"
#include "server/boots/roll_json.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <functional>
#include <map>

namespace musterd::api {

namespace {

constexpr std::uint64_t most_boots = 1000;

/// Seconds to each stage from the one that was reached before it.
boost::json::object durations(const boots::Boot& boot) {
    std::vector<std::pair<base::Time, boots::Stage>> order;
    for (const auto& [stage, time] : boot.stages)
        order.emplace_back(time, stage);
    std::sort(order.begin(), order.end());
    boost::json::object object;
    for (std::size_t i = 1; i < order.size(); ++i) {
        const std::chrono::duration<double> took = order[i].first - order[i - 1].first;
        object[boots::to_string(order[i].second)] = took.count();
    }
    return object;
}

boost::json::object boot_json(std::string_view host, const boots::Boot& boot) {
    boost::json::object json{{"host", host}, {"image", boot.image}, {"address", boot.address}, {"mac", boot.mac}};
    for (auto& [key, value] : boots::to_json(boot))
        json[key] = std::move(value);
    json["durations"] = durations(boot);
    return json;
}

}  // namespace

http::Response boot_list(const Site& site, const http::Request& request) {
    Query query(request);
    const auto wanted = query.text("host");
    const auto before = query.text("after");
    const auto limit = query.number("limit", 1, most_boots, most_boots);
    if (!query.problem().empty()) return problem_details(400, query.problem());
    // Boot ids sort by the time of their making.
    std::map<std::string_view, std::pair<std::string_view, const boots::Boot*>, std::greater<>> by_id;
    for (const auto& [name, host] : site.boots().roll().hosts) {
        if (!wanted.empty() && name != wanted) continue;
        for (const auto& boot : host.boots) {
            if (before.empty() || boot.id < before) by_id.emplace(boot.id, std::pair(std::string_view(name), &boot));
        }
    }
    boost::json::array page;
    for (const auto& [id, found] : by_id) {
        if (page.size() == limit) break;
        page.push_back(boot_json(found.first, *found.second));
    }
    auto response = json(200, page);
    if (page.size() < by_id.size()) {
        const auto& last = page.back().as_object().at("id").as_string();
        response.headers.push_back(next_link(request, "after", std::string(last)));
    }
    return response;
}

}  // namespace musterd::api
