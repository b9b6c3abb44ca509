#include "server/api/boot_routes.hpp"

#include "server/api/phone_home.hpp"
#include "server/api/private_file.hpp"
#include "server/api/script_desk.hpp"
#include "server/api/seed_desk.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

namespace musterd::api {

namespace {

using http::Captures;
using http::Request;
using http::Respond;

/// http://S:PORT as this client reached us. Who came by TLS is given the plain port for what follows: GRUB, U-Boot and
/// initramfs speak no TLS, and what speaks it in them does not know our authority.
std::string server_url(const Site& site, const Request& request) {
    return url_of(request.local, request.tls ? site.configuration().config().network.http_port : request.local_port);
}

unsigned status_of(const base::Error& error) {
    const auto code = error.code();
    if (code == std::errc::no_such_file_or_directory || code == std::errc::is_a_directory ||
        code == std::errc::not_a_directory)
        return 404;
    if (code == std::errc::invalid_argument) return 400;
    if (code == std::errc::cross_device_link || code == std::errc::too_many_symbolic_link_levels ||
        code == std::errc::permission_denied)
        return 403;
    return 503;
}

http::Response refusal(const base::Error& error) {
    auto response = http::problem(status_of(error), error.message());
    // iPXE and cloud-init wait and come back.
    if (response.status == 503) response.headers.emplace_back("Retry-After", "5");
    return response;
}

/// What a client resumes by that knows no entity tags.
std::optional<base::Time> modified(const base::FileSlice& slice) {
    struct stat status {};
    if (::fstat(slice.fd->get(), &status) != 0) return std::nullopt;
    return base::Time(std::chrono::seconds(status.st_mtim.tv_sec));
}

/// The file, and an event when its sending has ended.
http::Response file_response(Site& site, Deliveries& deliveries, const Request& request, base::Result<BootFile> file) {
    if (!file) return refusal(file.error());
    http::Response response;
    auto event = transfer_event(site, *file, request.peer, "http");
    response.modified = modified(file->slice);
    response.body = std::move(file->slice);
    return deliveries.noted_at_end(std::move(event), std::move(response));
}

http::Response seed_response(Deliveries& deliveries, base::Result<Seed> seed) {
    if (!seed) return refusal(seed.error());
    return deliveries.noted_at_end(std::move(seed->event), http::text(200, std::move(seed->text)));
}

void script(Site& site, ScriptLanguage language, const Request& request, const Respond& respond) {
    const ScriptRequest asked{request.query, request.peer, server_url(site, request), language};
    const auto made = request.method == "HEAD" ? preview_script(site, asked) : serve_script(site, asked);
    if (!made) {
        spdlog::warn("no script for {} at {}: {}", request.parameter("mac"), request.peer, made.error().message());
        return respond(refusal(made.error()));
    }
    respond(http::text(200, *made));
}

/// UEFI HTTP Boot knows what it gets by the media type, and needs HEAD before GET (EDK2 HttpBootSupport.c).
void ram_disk(Site& site, Deliveries& deliveries, const Request& request, const Respond& respond) {
    const ScriptRequest asked{request.query, request.peer, server_url(site, request)};
    const auto range = request.header("range").empty() ? DiskAsked::whole : DiskAsked::again;
    auto disk = serve_disk(site, asked, request.method == "HEAD" ? DiskAsked::head : range);
    if (!disk) spdlog::warn("no disk for {} at {}: {}", request.parameter("mac"), request.peer, disk.error().message());
    respond(file_response(site, deliveries, request, std::move(disk)));
}

/// Why a report about this boot is not taken; nothing when it is the one that its host is at, and no other host's.
std::optional<http::Response> stale(Site& site, const Request& request, std::string_view what, const std::string& id) {
    const auto& roll = site.boots().roll();
    const auto found = roll.find_boot(id);
    if (found.boot == nullptr) return http::problem(404, fmt::format("there is no boot {}, or it is long over", id));
    const auto* current = roll.hosts.find(found.host)->second.current();
    if (current == found.boot) {
        const auto allowed = may_report(site, found, what, request.peer);
        return allowed ? std::nullopt : std::optional(refusal(allowed.error()));
    }
    return http::problem(410, fmt::format("boot {} is over, its host has begun anew", id));
}

/// Known, but in memory only: who says it again until it is kept loses nothing.
http::Response not_kept(const Site& site) {
    return refusal(base::Error("noted, but not yet kept: " + site.boots().trouble()));
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

/// A receipt is for what is on the disk.
http::Response receipt(const Site& site, const base::Result<base::Event>& recorded) {
    if (!recorded) {
        spdlog::error("{}", recorded.error().message());
        return refusal(recorded.error());
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
    if (found.boot->stages.contains(boots::Stage::up))
        return site.boots().trouble().empty() ? http::text(200, "noted before\n") : not_kept(site);
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

}  // namespace

void add_boot_routes(http::Router& router, Site& site, const Post& to_control) {
    const auto deliveries = std::make_shared<Deliveries>(site, to_control);
    router.add("GET", "/boot/script", [&site](const Request& request, const Captures&, const Respond& respond) {
        script(site, ScriptLanguage::ipxe, request, respond);
    });
    router.add("GET", "/boot/grub", [&site](const Request& request, const Captures&, const Respond& respond) {
        script(site, ScriptLanguage::grub, request, respond);
    });
    for (const auto* path : {"/boot/disk.iso", "/boot/disk.img"}) {
        router.add("GET", path, [&site, deliveries](const Request& request, const Captures&, const Respond& respond) {
            ram_disk(site, *deliveries, request, respond);
        });
    }
    router.add("GET", "/boot/loader/{file...}",
               [&site, deliveries](const Request& request, const Captures& captures, const Respond& respond) {
                   auto file = open_loader_file(site, captures.at("file"), server_url(site, request));
                   respond(file_response(site, *deliveries, request, std::move(file)));
               });
    router.add("GET", "/boot/{boot}/{file}",
               [&site, deliveries](const Request& request, const Captures& captures, const Respond& respond) {
                   auto file = open_file_of_boot(site, captures.at("boot"), captures.at("file"),
                                                 {request.peer, server_url(site, request), "http"});
                   respond(file_response(site, *deliveries, request, std::move(file)));
               });
    router.add("GET", "/boot/{boot}/seed/{document}",
               [&site, deliveries, desk = std::make_shared<SeedDesk>(site)](
                   const Request& request, const Captures& captures, const Respond& respond) {
                   auto seed = desk->open(
                       {captures.at("boot"), captures.at("document"), request.peer, server_url(site, request)});
                   respond(seed_response(*deliveries, std::move(seed)));
               });
    router.add("GET", "/images/{digest}/{path...}",
               [&site, deliveries](const Request& request, const Captures& captures, const Respond& respond) {
                   auto file = open_file_of_image(site, captures.at("digest"), captures.at("path"));
                   respond(file_response(site, *deliveries, request, std::move(file)));
               });
    router.add("POST", "/boot/{boot}/up",
               [&site](const Request& request, const Captures& captures, const Respond& respond) {
                   respond(up(site, request, captures.at("boot")));
               });
    router.add("POST", "/boot/{boot}/failed",
               [&site](const Request& request, const Captures& captures, const Respond& respond) {
                   respond(failed(site, request, captures.at("boot")));
               });
}

}  // namespace musterd::api
