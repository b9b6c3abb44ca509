#include "server/api/admin_routes.hpp"

#include "server/api/boot_list.hpp"
#include "server/api/event_routes.hpp"
#include "server/api/explain.hpp"
#include "server/api/page.hpp"
#include "server/api/problem.hpp"
#include "server/api/record_routes.hpp"
#include "server/api/render.hpp"
#include "server/api/token_routes.hpp"
#include "server/base/datagrams.hpp"
#include "server/boots/roll_json.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <algorithm>
#include <string>

namespace musterd::api {

namespace {

using http::Captures;
using http::Request;
using http::Respond;
using http::Response;

Response hosts(const Site& site) {
    boost::json::array all;
    for (const auto& host : site.configuration().hosts())
        all.push_back(host_json(site, host));
    return json(200, all);
}

Response one_host(const Site& site, const std::string& name) {
    const auto* host = site.configuration().host(name);
    if (host == nullptr) return problem_details(404, fmt::format("there is no host \"{}\"", name));
    return json(200, host_json(site, *host));
}

/// http://S:PORT as a machine would reach us: as this client did, or, on the Unix socket, by the first address of an
/// interface that is served.
std::string server_url(const Site& site, const Request& request) {
    const auto& network = site.configuration().config().network;
    if (!request.local.empty()) return url_of(request.local, request.tls ? network.http_port : request.local_port);
    const auto interfaces = base::list_interfaces();
    for (const auto& interface : interfaces ? *interfaces : std::vector<base::Interface>{}) {
        const auto& wanted = network.interfaces;
        const bool served = wanted.empty() ? interface.broadcast && !interface.loopback
                                           : std::ranges::find(wanted, interface.name) != wanted.end();
        if (served) return url_of(interface.address.to_string(), network.http_port);
    }
    return url_of("127.0.0.1", network.http_port);
}

Response rendered(Site& site, const Request& request, const std::string& host) {
    const std::string what(request.parameter("what").empty() ? "script" : request.parameter("what"));
    const bool secrets = request.parameter("secrets") == "1";
    if (secrets && !request.credentials)
        return problem_details(403, "secrets are shown on the server's own socket only, not over the network");
    const auto url = server_url(site, request);
    const auto text = render(site, {host, what, url, secrets, request.parameter("as_new") == "1"});
    if (text)
        return json(200, boost::json::object{{"host", host}, {"what", what}, {"server_url", url}, {"text", *text}});
    const auto code = text.error().code();
    const bool missing = code == std::errc::no_such_file_or_directory;
    return problem_details(missing ? 404 : code == std::errc::invalid_argument ? 400 : 409, text.error().message());
}

/// A person's word for one more installation of a host (boots/installation.hpp).
Response reinstall(Site& site, const std::string& name) {
    const auto* host = site.configuration().host(name);
    if (host == nullptr) return problem_details(404, fmt::format("there is no host \"{}\"", name));
    const auto* plan = site.configuration().plan(host->profile);
    if (plan == nullptr || !plan->installs)
        return problem_details(409, fmt::format("profile {} of {} installs nothing", host->profile, name));
    base::Event event;
    event.kind = base::EventKind::reinstall_ordered;
    event.host = name;
    const auto recorded = site.boots().record(std::move(event));
    if (!recorded) return problem_details(503, recorded.error().message());
    if (!site.boots().is_kept(recorded->id)) return problem_details(503, "not yet kept: " + site.boots().trouble());
    return json(200, host_json(site, *host));
}

Response machines(const Site& site) {
    boost::json::array all;
    for (const auto& [mac, machine] : site.boots().roll().unknown) {
        const auto parsed = base::Mac::parse(mac);
        if (parsed && site.choice_for(*parsed).host == nullptr) all.push_back(boots::to_json(mac, machine));
    }
    return json(200, all);
}

/// What was seen and done in the last boot of a host, or by a machine that none names, oldest first.
Response explained(const Site& site, const std::string& who) {
    const auto events = last_boot_of(site, who);
    if (!events) return problem_details(404, events.error().message());
    std::string text = "[";
    for (const auto& event : *events)
        text += (text.size() > 1 ? ",\n" : "") + base::to_json(event);
    return http::text(200, text + "]\n", "application/json");
}

Response images(const Site& site) {
    const auto list = site.store().list();
    if (!list) return problem_details(500, list.error().message());
    return http::text(200, images::to_json(*list) + "\n", "application/json");
}

void page(const Request& request, const Captures&, const Respond& respond) {
    const auto file = page_file(request.path);
    if (!file) return respond(http::problem(404, "there is no such page"));
    auto response = http::text(200, std::string(file->text), std::string(file->content_type));
    response.headers.emplace_back("Content-Security-Policy",
                                  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
                                  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    respond(std::move(response));
}

}  // namespace

boost::json::object host_json(const Site& site, const profiles::Host& host) {
    static const boots::HostState unseen;
    const auto& states = site.boots().roll().hosts;
    const auto found = states.find(host.name);
    const auto& state = found == states.end() ? unseen : found->second;
    const auto* plan = site.configuration().plan(host.profile);
    boost::json::object json;
    json["name"] = host.name;
    auto& macs = json["macs"].emplace_array();
    for (const auto& mac : host.macs)
        macs.emplace_back(mac.to_string());
    json["profile"] = host.profile;
    json["image"] = nullptr;
    if (plan != nullptr && plan->image) json["image"] = plan->image->to_string();
    if (const auto* boot = state.current()) json["image"] = boot->image;
    boots::add_state(json, state);
    const bool held =
        plan != nullptr && plan->action == profiles::Action::hold && state.condition == boots::Condition::ok;
    if (held) json["condition"] = to_string(boots::Condition::held);
    return json;
}

void add_admin_routes(http::Router& router, Site& site, EventStreams& streams, Metrics& metrics, Guard& guard,
                      Adopt adopt) {
    ApiRouter routes(router, guard, metrics);
    routes.get("/api/v1/hosts", [&site](const Request&, const Captures&) { return hosts(site); });
    routes.get("/api/v1/hosts/{name}",
               [&site](const Request&, const Captures& captures) { return one_host(site, captures.at("name")); });
    routes.get("/api/v1/hosts/{name}/render", [&site](const Request& request, const Captures& captures) {
        return rendered(site, request, captures.at("name"));
    });
    routes.add("POST", "/api/v1/hosts/{name}/reinstall", Role::operate,
               [&site](const Request&, const Captures& captures) { return reinstall(site, captures.at("name")); });
    routes.get("/api/v1/boots", [&site](const Request& request, const Captures&) { return boot_list(site, request); });
    routes.get("/api/v1/openapi.json", [](const Request&, const Captures&) {
        return http::text(200, std::string(openapi()), "application/json");
    });
    routes.get("/api/v1/explain/{who}",
               [&site](const Request&, const Captures& captures) { return explained(site, captures.at("who")); });
    routes.get("/api/v1/machines", [&site](const Request&, const Captures&) { return machines(site); });
    routes.get("/api/v1/images", [&site](const Request&, const Captures&) { return images(site); });
    add_record_routes(routes, site);
    add_event_routes(routes, site, streams);
    add_token_routes(routes, guard);
    add_adopt_route(routes, std::move(adopt));
    // With 200 also in trouble: who would restart the server for it would lose what waits in its memory.
    router.add("GET", "/healthz", [&site](const Request&, const Captures&, const Respond& respond) {
        const auto& trouble = site.boots().trouble();
        respond(http::text(200, trouble.empty() ? "ok\n" : "degraded: " + trouble + "\n"));
    });
    // As Prometheus expects it without a token: there are numbers in it, and no names.
    router.add("GET", "/metrics", [&metrics](const Request&, const Captures&, const Respond& respond) {
        respond(http::text(200, metrics.text(), "text/plain; version=0.0.4; charset=utf-8"));
    });
    router.add("GET", "/", page);
    router.add("GET", "/ui/{file}", page);
}

}  // namespace musterd::api
