#include "server/api/report_routes.hpp"

#include "server/api/bounded_book.hpp"
#include "server/api/install_report.hpp"
#include "server/api/phone_home.hpp"
#include "server/api/private_file.hpp"
#include "server/boots/installation.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace musterd::api {

namespace {

using http::Captures;
using http::Request;
using http::Respond;

http::Response refusal(unsigned status, const std::string& why) {
    auto response = http::problem(status, why);
    if (status == 503) response.headers.emplace_back("Retry-After", "5");
    return response;
}

/// Why a report about this boot is not taken; nothing when it is the one that its host is at, and no other host's.
std::optional<http::Response> stale(Site& site, const Request& request, std::string_view what, const std::string& id) {
    const auto& roll = site.boots().roll();
    const auto found = roll.find_boot(id);
    if (found.boot == nullptr) return refusal(404, fmt::format("there is no boot {}, or it is long over", id));
    const auto* current = roll.hosts.find(found.host)->second.current();
    if (current != found.boot) return refusal(410, fmt::format("boot {} is over, its host has begun anew", id));
    const auto allowed = may_report(site, found, what, request.peer);
    return allowed ? std::nullopt : std::optional(refusal(403, allowed.error().message()));
}

base::Event report(const boots::Roll& roll, base::EventKind kind, const Request& request, const std::string& id) {
    const auto found = roll.find_boot(id);
    base::Event event;
    event.kind = kind;
    event.host = found.host;
    event.boot = id;
    event.mac = found.boot->mac;
    event.address = request.peer;
    return event;
}

/// Known, but in memory only: who says it again until it is kept loses nothing.
http::Response not_kept(const Site& site) {
    return refusal(503, "noted, but not yet kept: " + site.boots().trouble());
}

http::Response noted_before(const Site& site) {
    return site.boots().trouble().empty() ? http::text(200, "noted before\n") : not_kept(site);
}

/// A receipt is for what is on the disk.
http::Response receipt(const Site& site, const base::Result<base::Event>& recorded) {
    if (!recorded) {
        spdlog::error("{}", recorded.error().message());
        return refusal(503, recorded.error().message());
    }
    if (!site.boots().is_kept(recorded->id)) return not_kept(site);
    return http::text(200, "noted\n");
}

http::Response up(Site& site, const Request& request, const std::string& id) {
    if (auto wrong = stale(site, request, "up", id)) return std::move(*wrong);
    auto details = read_phone_home(request.header("content-type"), request.body);
    if (!details) return http::problem(400, details.error().message());
    const auto found = site.boots().roll().find_boot(id);
    // Said before: the receipt was lost on its way. One event is enough.
    if (found.boot->stages.contains(boots::Stage::up)) return noted_before(site);
    auto event = report(site.boots().roll(), base::EventKind::up, request, id);
    event.details = std::move(*details);
    return receipt(site, site.boots().record(std::move(event)));
}

http::Response failed(Site& site, const Request& request, const std::string& id) {
    if (auto wrong = stale(site, request, "failed", id)) return std::move(*wrong);
    auto event = report(site.boots().roll(), base::EventKind::boot_failed, request, id);
    event.reason = reported_reason(request.header("content-type"), request.body);
    return receipt(site, site.boots().record(std::move(event)));
}

/// A machine, or who plays it, cannot fill the journal with what its installer says.
class InstallReports {
public:
    bool has_room(const std::string& boot) {
        const auto* before = counts_.find(boot);
        const unsigned count = before == nullptr ? 1 : *before + 1;
        counts_.learn(boot, count);
        return count <= most_of_a_boot;
    }

private:
    static constexpr unsigned most_of_a_boot = 200;
    static constexpr std::size_t most_boots = 1000;
    BoundedBook<std::string, unsigned> counts_{most_boots};
};

http::Response installation(Site& site, const Request& request, const std::string& id, InstallReport said,
                            InstallReports& reports) {
    const auto& roll = site.boots().roll();
    if (auto wrong = stale(site, request, base::to_string(said.kind), id)) return std::move(*wrong);
    const bool stage = said.kind != base::EventKind::install_report;
    const auto reached = boots::stage_of_report(said.kind);
    if (stage && roll.find_boot(id).boot->stages.contains(reached)) return noted_before(site);
    if (!said.keep || (!stage && !reports.has_room(id))) return http::text(200, "heard\n");
    auto event = report(roll, said.kind, request, id);
    event.details = std::move(said.details);
    return receipt(site, site.boots().record(std::move(event)));
}

http::Response event_of_installer(Site& site, const Request& request, const std::string& id, InstallReports& reports) {
    auto said = read_install_report(request.header("content-type"), request.body);
    if (!said) return http::problem(400, said.error().message());
    return installation(site, request, id, std::move(*said), reports);
}

}  // namespace

void add_report_routes(http::Router& router, Site& site) {
    const auto reports = std::make_shared<InstallReports>();
    router.add("POST", "/boot/{boot}/up",
               [&site](const Request& request, const Captures& captures, const Respond& respond) {
                   respond(up(site, request, captures.at("boot")));
               });
    router.add("POST", "/boot/{boot}/failed",
               [&site](const Request& request, const Captures& captures, const Respond& respond) {
                   respond(failed(site, request, captures.at("boot")));
               });
    router.add("POST", "/boot/{boot}/installed",
               [&site, reports](const Request& request, const Captures& captures, const Respond& respond) {
                   const InstallReport said{base::EventKind::installed, {}, true};
                   respond(installation(site, request, captures.at("boot"), said, *reports));
               });
    router.add("POST", "/boot/{boot}/event",
               [&site, reports](const Request& request, const Captures& captures, const Respond& respond) {
                   respond(event_of_installer(site, request, captures.at("boot"), *reports));
               });
}

}  // namespace musterd::api
