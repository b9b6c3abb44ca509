#include "server/api/record_routes.hpp"

#include "server/api/problem.hpp"
#include "server/base/bytes.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace musterd::api {

namespace {

using http::Captures;
using http::Request;
using http::Response;

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
    if (!mac) return problem_details(404, fmt::format("there is no host \"{}\", and it is no MAC", who));
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
    return json(200, boost::json::object{{"mac", mac->to_string()}, {"packets", std::move(all)}});
}

/// What a host said on its consoles in its last boots, oldest first.
Response console(const Site& site, const std::string& name) {
    if (site.configuration().host(name) == nullptr)
        return problem_details(404, fmt::format("there is no host \"{}\"", name));
    boost::json::array lines;
    for (const auto& line : site.consoles().of(name)) {
        lines.push_back(boost::json::object{{"time", base::to_rfc3339(line.time)},
                                            {"by", to_string(line.kind)},
                                            {"boot", line.boot},
                                            {"text", line.text}});
    }
    return json(200, boost::json::object{{"host", name}, {"lines", std::move(lines)}});
}

}  // namespace

void add_record_routes(ApiRouter& routes, const Site& site) {
    routes.get("/api/v1/explain/{who}/packets", [&site](const Request& request, const Captures& captures) {
        return packets(site, request, captures.at("who"));
    });
    routes.get("/api/v1/hosts/{name}/console",
               [&site](const Request&, const Captures& captures) { return console(site, captures.at("name")); });
}

}  // namespace musterd::api
