#include "server/api/seed_desk.hpp"

#include "server/api/private_file.hpp"
#include "server/api/script_desk.hpp"

#include <fmt/format.h>

namespace musterd::api {

namespace {

base::Error missing(const std::string& message) {
    return base::Error(message, std::make_error_code(std::errc::no_such_file_or_directory));
}

}  // namespace

profiles::Choice choice_of(Site& site, const profiles::Configuration& configuration, const boots::Roll::Found& found) {
    if (const auto* host = configuration.host(found.host)) return {host, configuration.plan(host->profile), {}};
    const auto mac = base::Mac::parse(found.boot->mac);
    if (!mac) return {};
    base::Machine machine;
    machine.mac = *mac;
    site.addresses().complete(machine);
    const auto reference = images::parse_reference(found.boot->image);
    const auto image = reference ? site.image(*reference) : base::Result<images::Image>(reference.error());
    if (image) machine.arch = image->arch;  // what booted it fits it
    return configuration.plan_for(machine);
}

SeedFacts seed_facts(const Site& site, std::string_view name, const profiles::Choice& choice, const boots::Boot& boot,
                     const std::string& server_url) {
    SeedFacts facts{std::string(name), choice.host, choice.plan, {}};
    if (const auto mac = base::Mac::parse(boot.mac)) facts.boot.mac = *mac;
    if (const auto image = images::parse_reference(boot.image)) {
        facts.boot.image_name = image->name;
        facts.boot.image_digest = image->digest;
    }
    facts.boot.boot_id = boot.id;
    facts.boot.boot_url = fmt::format("{}/boot/{}", server_url, boot.id);
    facts.boot.machine_id = profiles::machine_id_of(site.site_key(), name);
    if (choice.host != nullptr) facts.boot.identity = profiles::identity_of(site.site_key(), name);
    return facts;
}

base::Result<Seed> SeedDesk::open(const SeedRequest& request) {
    const auto document = seed_document(request.document);
    if (!document) return missing(fmt::format("a seed has no \"{}\"", request.document));
    const auto found = site_.boots().roll().find_boot(request.boot);
    if (found.boot == nullptr) return missing(fmt::format("there is no boot {}, or it is long over", request.boot));
    const auto material = site_.material_of(found);
    if (!material) return material.error();
    const auto choice = choice_of(site_, *material->configuration, found);
    if (choice.plan == nullptr) return missing(fmt::format("nothing is served to {} any more", found.host));
    if (choice.plan->action == profiles::Action::hold) {
        return base::Error(fmt::format("{} is on hold", found.host),
                           std::make_error_code(std::errc::resource_unavailable_try_again));
    }
    auto facts = seed_facts(site_, found.host, choice, *found.boot, request.server_url);
    facts.boot.secrets = material->secrets;
    if (!has(*document, facts))
        return missing(fmt::format("profile {} has no {}", choice.plan->profile, request.document));
    const BootFile file{{}, "seed/" + request.document, found.boot->id, std::string(found.host)};
    if (is_private(*document, facts)) {
        const auto allowed = may_read(site_, found, file, request.peer, "http");
        if (!allowed) return allowed.error();
    }
    return Seed{seed_text(*document, facts), transfer_event(site_, file, request.peer, "http")};
}

}  // namespace musterd::api
