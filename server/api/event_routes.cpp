#include "server/api/event_routes.hpp"

#include "server/api/event_filter.hpp"
#include "server/api/problem.hpp"
#include "server/api/query.hpp"

#include <fmt/format.h>

namespace musterd::api {

namespace {

using http::Request;
using http::Response;

constexpr std::uint64_t most_events = 1000;
/// Of a filter that fits few: some 10 ms of the control thread. The page is short then, and names the next one.
constexpr std::size_t most_looked_at = 2000;

std::vector<base::EventKind> kinds(Query& query) {
    std::vector<base::EventKind> wanted;
    const auto text = query.text("kind");
    for (std::size_t start = 0; start < text.size();) {
        const auto end = std::min(text.find(',', start), text.size());
        const auto name = text.substr(start, end - start);
        const auto kind = base::event_kind(name);
        if (kind)
            wanted.push_back(*kind);
        else
            query.wrong("kind", fmt::format("there is no kind of event \"{}\"", name.substr(0, 40)));
        start = end + 1;
    }
    return wanted;
}

/// Where to begin: after the id that a stream broke off at, or `after`; "latest" is the last event, which then comes
/// first, so that one who follows hears something at once and can look where things stand.
std::uint64_t first_wanted(const Site& site, const Request& request, Query& query) {
    constexpr auto greatest = std::uint64_t{INT64_MAX};
    const auto last = site.boots().last_id();
    const auto latest = last > 0 ? last - 1 : 0;
    if (!request.header("last-event-id").empty()) {
        Request broken_off;
        broken_off.query["Last-Event-ID"] = request.header("last-event-id");
        Query header(broken_off);
        const auto id = header.number("Last-Event-ID", 0, greatest, 0);
        if (!header.problem().empty()) query.wrong("header", header.problem());
        return id;
    }
    return query.text("after") == "latest" ? latest : query.number("after", 0, greatest, 0);
}

Response stream(EventStreams& streams, std::uint64_t after, EventFilter filter) {
    Response response;
    response.content_type = "text/event-stream";
    response.headers.emplace_back("Cache-Control", "no-store");
    response.body = streams.open(after, std::move(filter));
    return response;
}

Response page(const Site& site, const Request& request, std::uint64_t after, const EventFilter& filter,
              std::uint64_t limit) {
    std::string text = "[";
    std::uint64_t taken = 0;
    const auto scan = scan_events(site.boots(), after, filter, most_looked_at, [&](const base::Event& event) {
        if (taken == limit) return false;
        if (taken++ > 0) text += ",\n";
        text += base::to_json(event);
        return true;
    });
    if (!scan) return problem_details(500, scan.error().message());
    auto response = http::text(200, text + "]\n", "application/json");
    if (!scan->all) response.headers.push_back(next_link(request, "after", std::to_string(scan->last)));
    return response;
}

Response events(const Site& site, EventStreams& streams, const Request& request) {
    Query query(request);
    auto after = first_wanted(site, request, query);
    EventFilter filter{query.text("host"), query.text("boot"), kinds(query), query.time("since")};
    const auto limit = query.number("limit", 1, most_events, most_events);
    const bool follow = query.flag("follow") || request.header("accept") == "text/event-stream";
    if (!query.problem().empty()) return problem_details(400, query.problem());
    if (filter.since) {
        const auto before = before_time(site.boots(), *filter.since);
        if (!before) return problem_details(500, before.error().message());
        after = std::max(after, *before);
    }
    if (follow) return stream(streams, after, std::move(filter));
    return page(site, request, after, filter, limit);
}

}  // namespace

void add_event_routes(ApiRouter& routes, const Site& site, EventStreams& streams) {
    routes.get("/api/v1/events", [&site, &streams](const Request& request, const http::Captures&) {
        return events(site, streams, request);
    });
}

}  // namespace musterd::api
