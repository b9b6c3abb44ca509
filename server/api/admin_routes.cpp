#include "server/api/admin_routes.hpp"

#include "server/api/authorize.hpp"
#include "server/api/explain.hpp"
#include "server/api/page.hpp"
#include "server/api/render.hpp"
#include "server/base/datagrams.hpp"
#include "server/boots/roll_json.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <string>

namespace musterd::api {

namespace {

using http::Captures;
using http::Request;
using http::Respond;
using http::Response;

constexpr const char* json_type = "application/json";
constexpr std::size_t most_events = 1000;

Response json(const boost::json::value& value) {
    return http::text(200, boost::json::serialize(value) + "\n", json_type);
}

Response json_problem(unsigned status, std::string_view why) {
    return http::text(status, boost::json::serialize(boost::json::object{{"error", why}}) + "\n", json_type);
}

/// A whole number from 0, or `fallback` when the parameter is absent or none.
std::uint64_t count(std::string_view text, std::uint64_t fallback) {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc{} && end == text.data() + text.size() ? value : fallback;
}

Response hosts(const Site& site) {
    boost::json::array all;
    for (const auto& host : site.configuration().hosts())
        all.push_back(host_json(site, host));
    return json(all);
}

Response one_host(const Site& site, const std::string& name) {
    const auto* host = site.configuration().host(name);
    if (host == nullptr) return json_problem(404, fmt::format("there is no host \"{}\"", name));
    return json(host_json(site, *host));
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
        return json_problem(403, "secrets are shown on the server's own socket only, not over the network");
    const auto url = server_url(site, request);
    const auto text = render(site, {host, what, url, secrets, request.parameter("as_new") == "1"});
    if (text) return json(boost::json::object{{"host", host}, {"what", what}, {"server_url", url}, {"text", *text}});
    const auto code = text.error().code();
    const bool missing = code == std::errc::no_such_file_or_directory;
    return json_problem(missing ? 404 : code == std::errc::invalid_argument ? 400 : 409, text.error().message());
}

/// A person's word for one more installation of a host (boots/installation.hpp).
Response reinstall(Site& site, const std::string& name) {
    const auto* host = site.configuration().host(name);
    if (host == nullptr) return json_problem(404, fmt::format("there is no host \"{}\"", name));
    const auto* plan = site.configuration().plan(host->profile);
    if (plan == nullptr || !plan->installs)
        return json_problem(409, fmt::format("profile {} of {} installs nothing", host->profile, name));
    base::Event event;
    event.kind = base::EventKind::reinstall_ordered;
    event.host = name;
    const auto recorded = site.boots().record(std::move(event));
    if (!recorded) return json_problem(503, recorded.error().message());
    if (!site.boots().is_kept(recorded->id)) return json_problem(503, "not yet kept: " + site.boots().trouble());
    return json(host_json(site, *host));
}

boost::json::object boot_json(const std::string& host, const boots::Boot& boot) {
    boost::json::object json{{"host", host}, {"image", boot.image}, {"address", boot.address}, {"mac", boot.mac}};
    for (auto& [key, value] : boots::to_json(boot))
        json[key] = std::move(value);
    return json;
}

/// Newest first: boot ids sort by the time of their making.
Response boots_of(const Site& site, std::string_view wanted) {
    std::map<std::string, boost::json::object, std::greater<>> by_id;
    for (const auto& [name, host] : site.boots().roll().hosts) {
        if (!wanted.empty() && name != wanted) continue;
        for (const auto& boot : host.boots)
            by_id.emplace(boot.id, boot_json(name, boot));
    }
    boost::json::array all;
    for (auto& [id, json] : by_id)
        all.push_back(std::move(json));
    return json(all);
}

Response machines(const Site& site) {
    boost::json::array all;
    for (const auto& [mac, machine] : site.boots().roll().unknown) {
        const auto parsed = base::Mac::parse(mac);
        if (parsed && site.choice_for(*parsed).host == nullptr) all.push_back(boots::to_json(mac, machine));
    }
    return json(all);
}

/// What was seen and done in the last boot of a host, or by a machine that none names, oldest first.
Response explained(const Site& site, const std::string& who) {
    const auto events = last_boot_of(site, who);
    if (!events) return json_problem(404, events.error().message());
    std::string text = "[";
    for (const auto& event : *events)
        text += (text.size() > 1 ? ",\n" : "") + base::to_json(event);
    return http::text(200, text + "]\n", json_type);
}

/// The machine that `who` names: a MAC, or a host that has one or was seen by one.
std::optional<base::Mac> mac_of(const Site& site, const std::string& who) {
    if (const auto mac = base::Mac::parse(who)) return *mac;
    const auto& roll = site.boots().roll().hosts;
    const auto state = roll.find(who);
    if (state != roll.end() && state->second.current() != nullptr) {
        if (const auto mac = base::Mac::parse(state->second.current()->mac)) return *mac;
    }
    const auto* host = site.configuration().host(who);
    if (host == nullptr || host->macs.empty()) return std::nullopt;
    return host->macs.front();
}

/// The last DHCP packets of a machine, as JSON, or as a capture with ?format=pcap.
Response packets(const Site& site, const Request& request, const std::string& who) {
    const auto mac = mac_of(site, who);
    if (!mac) return json_problem(404, fmt::format("there is no host \"{}\", and it is no MAC", who));
    const auto kept = site.packets().of(*mac);
    if (request.parameter("format") == "pcap") {
        const auto file = to_pcap(kept);
        return http::text(200, std::string(base::as_text(file)), "application/vnd.tcpdump.pcap");
    }
    boost::json::array all;
    for (const auto& packet : kept) {
        all.push_back(boost::json::object{{"time", base::to_rfc3339(packet.time)},
                                          {"from", packet.from.to_string()},
                                          {"to", packet.to.to_string()},
                                          {"bytes", base::to_hex(packet.payload)}});
    }
    return json(boost::json::object{{"mac", mac->to_string()}, {"packets", std::move(all)}});
}

/// What a host said on its consoles in its last boots, oldest first.
Response console(const Site& site, const std::string& name) {
    if (site.configuration().host(name) == nullptr)
        return json_problem(404, fmt::format("there is no host \"{}\"", name));
    boost::json::array lines;
    for (const auto& line : site.consoles().of(name)) {
        lines.push_back(boost::json::object{{"time", base::to_rfc3339(line.time)},
                                            {"by", to_string(line.kind)},
                                            {"boot", line.boot},
                                            {"text", line.text}});
    }
    return json(boost::json::object{{"host", name}, {"lines", std::move(lines)}});
}

Response images(const Site& site) {
    const auto list = site.store().list();
    if (!list) return json_problem(500, list.error().message());
    return http::text(200, images::to_json(*list) + "\n", json_type);
}

/// Where to begin: after the id that a stream broke off at, or `after`; "latest" is the last event, which then comes
/// first, so that one who follows hears something at once and can look where things stand.
std::uint64_t first_wanted(const Site& site, const Request& request) {
    const auto broke_off = request.header("last-event-id");
    if (!broke_off.empty()) return count(broke_off, 0);
    if (request.parameter("after") != "latest") return count(request.parameter("after"), 0);
    const auto last = site.boots().last_id();
    return last > 0 ? last - 1 : 0;
}

/// Events after an id: a page of them as an array, or all and every new one as a stream.
Response events(Site& site, EventStreams& streams, const Request& request) {
    const auto after = first_wanted(site, request);
    const std::string host(request.parameter("host"));
    const bool follow = request.parameter("follow") == "true" || request.header("accept") == "text/event-stream";
    if (follow) {
        Response response;
        response.content_type = "text/event-stream";
        response.headers.emplace_back("Cache-Control", "no-store");
        response.body = streams.open(after, host);
        return response;
    }
    const auto limit = std::min<std::uint64_t>(count(request.parameter("limit"), most_events), most_events);
    std::string text = "[";
    std::uint64_t taken = 0;
    const auto read = site.boots().read(after, host, [&](const base::Event& event) {
        if (taken == limit) return false;
        if (taken++ > 0) text += ",\n";
        text += base::to_json(event);
        return true;
    });
    if (!read) return json_problem(500, read.error().message());
    return http::text(200, text + "]\n", json_type);
}

using Answer = std::function<Response(const Request&, const Captures&)>;

/// A route that answers at once, to those who have the token.
http::Router::Route guarded(const Site& site, std::uint32_t own_uid, Answer answer) {
    return [&site, own_uid, answer = std::move(answer)](const Request& request, const Captures& captures,
                                                        const Respond& respond) {
        const auto why = refusal(request, site.token(), own_uid);
        if (why.empty()) return respond(answer(request, captures));
        auto response = json_problem(401, why);
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
        respond(std::move(response));
    };
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

void add_admin_routes(http::Router& router, Site& site, EventStreams& streams, Metrics& metrics,
                      std::uint32_t own_uid) {
    const auto add = [&](const char* pattern, Answer answer) {
        router.add("GET", pattern, guarded(site, own_uid, std::move(answer)));
    };
    add("/api/v1/hosts", [&site](const Request&, const Captures&) { return hosts(site); });
    add("/api/v1/hosts/{name}",
        [&site](const Request&, const Captures& captures) { return one_host(site, captures.at("name")); });
    add("/api/v1/hosts/{name}/render", [&site](const Request& request, const Captures& captures) {
        return rendered(site, request, captures.at("name"));
    });
    router.add("POST", "/api/v1/hosts/{name}/reinstall",
               guarded(site, own_uid, [&site](const Request&, const Captures& captures) {
                   return reinstall(site, captures.at("name"));
               }));
    add("/api/v1/boots",
        [&site](const Request& request, const Captures&) { return boots_of(site, request.parameter("host")); });
    add("/api/v1/openapi.json",
        [](const Request&, const Captures&) { return http::text(200, std::string(openapi()), json_type); });
    add("/api/v1/explain/{who}",
        [&site](const Request&, const Captures& captures) { return explained(site, captures.at("who")); });
    add("/api/v1/explain/{who}/packets", [&site](const Request& request, const Captures& captures) {
        return packets(site, request, captures.at("who"));
    });
    add("/api/v1/hosts/{name}/console",
        [&site](const Request&, const Captures& captures) { return console(site, captures.at("name")); });
    add("/api/v1/machines", [&site](const Request&, const Captures&) { return machines(site); });
    add("/api/v1/images", [&site](const Request&, const Captures&) { return images(site); });
    add("/api/v1/events",
        [&site, &streams](const Request& request, const Captures&) { return events(site, streams, request); });
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
