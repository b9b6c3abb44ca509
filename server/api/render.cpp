#include "server/api/render.hpp"

#include "profiles/kernel_line.hpp"
#include "server/api/boot_file.hpp"
#include "server/api/script_desk.hpp"
#include "server/api/seed_desk.hpp"

#include <fmt/format.h>

namespace musterd::api {

namespace {

/// The query that the host's loader would ask with.
ScriptRequest request_of(const profiles::Host& host, const RenderQuestion& question) {
    ScriptRequest request;
    request.query["mac"] = (host.macs.empty() ? base::Mac{} : host.macs.front()).to_string();
    if (host.uuid) request.query["uuid"] = host.uuid->to_string();
    if (!host.serial.empty()) request.query["serial"] = host.serial;
    request.server_url = question.server_url;
    request.as_new = question.as_new;
    if (question.what == "grub") request.language = ScriptLanguage::grub;
    return request;
}

/// The boot that the host would be given now, were there one; `what` is what a host without an image lacks then.
base::Result<boots::Boot> next_boot(Site& site, const profiles::Host& host, std::string_view what) {
    const auto* plan = site.configuration().plan(host.profile);
    if (plan == nullptr || !plan->image)
        return base::Error(fmt::format("profile {} boots no image: there is no {}", host.profile, what));
    const auto image = site.image(*plan->image);
    if (!image) return image.error();
    boots::Boot boot;
    boot.id = no_boot;
    boot.image = images::Reference{plan->image->name, image->digest}.to_string();
    if (!host.macs.empty()) boot.mac = host.macs.front().to_string();
    return boot;
}

/// As they are where they are asked for, else a word for each, which needs none of them to be there.
base::Result<profiles::SecretTexts> secrets_for(const Site& site, const profiles::Host& host, bool shown) {
    const auto* plan = site.configuration().plan(host.profile);
    if (plan == nullptr) return profiles::SecretTexts{};
    const auto sources = profiles::secrets_of(*plan, &host);
    return shown ? site.secret_book().texts(sources) : profiles::hidden(sources);
}

base::Result<SeedFacts> facts_for(const Site& site, const profiles::Host& host, const boots::Boot& boot,
                                  const RenderQuestion& question) {
    const auto* plan = site.configuration().plan(host.profile);
    auto facts = seed_facts(site, host.name, {&host, plan, {}}, boot, question.server_url);
    auto secrets = secrets_for(site, host, question.secrets);
    if (!secrets) return secrets.error();
    facts.boot.secrets = std::move(*secrets);
    if (!question.secrets) facts.boot.identity = profiles::hidden(std::move(*facts.boot.identity));
    return facts;
}

base::Result<std::string> render_overlay(Site& site, const profiles::Host& host, const RenderQuestion& question) {
    const auto boot = next_boot(site, host, "overlay");
    if (!boot) return boot.error();
    const auto facts = facts_for(site, host, *boot, question);
    if (!facts) return facts.error();
    const auto identity = facts->plan->identity ? facts->boot.identity : std::nullopt;
    auto files = overlay_files(host.name, *boot, question.server_url, identity, facts->boot.secrets);
    auto documents = documents_in_overlay(*facts);
    files.insert(files.end(), documents.begin(), documents.end());
    std::string text;
    for (const auto& file : files)
        text += fmt::format("==> {} <==\n{}", file.path, file.text);
    return text;
}

base::Result<std::string> render_seed(Site& site, const profiles::Host& host, SeedDocument document,
                                      const RenderQuestion& question) {
    const auto boot = next_boot(site, host, "seed");
    if (!boot) return boot.error();
    const auto facts = facts_for(site, host, *boot, question);
    if (!facts) return facts.error();
    if (!has(document, *facts)) return base::Error(fmt::format("profile {} has no {}", host.profile, question.what));
    return seed_text(document, *facts);
}

base::Result<std::string> render_k3s(const Site& site, const profiles::Host& host) {
    auto config = profiles::k3s_config_of(*site.configuration().plan(host.profile), &host);
    if (!config.empty()) return config;
    return base::Error(fmt::format("neither {} nor its profile {} has a table k3s", host.name, host.profile));
}

/// It is user-data.
base::Result<std::string> render_autoinstall(Site& site, const profiles::Host& host, const RenderQuestion& question) {
    const auto& seed = site.configuration().plan(host.profile)->seed;
    if (seed.autoinstall || host.seed.autoinstall) return render_seed(site, host, SeedDocument::user_data, question);
    return base::Error(fmt::format("profile {} has no autoinstall", host.profile));
}

}  // namespace

base::Result<std::string> render(Site& site, const RenderQuestion& question) {
    const auto* host = site.configuration().host(question.host);
    if (host == nullptr) {
        return base::Error(fmt::format("there is no host \"{}\"", question.host),
                           std::make_error_code(std::errc::no_such_file_or_directory));
    }
    if (question.what == "k3s") return render_k3s(site, *host);
    if (question.what == "autoinstall") return render_autoinstall(site, *host, question);
    if (question.what == "overlay") return render_overlay(site, *host, question);
    if (question.what == "script" || question.what == "grub") return preview_script(site, request_of(*host, question));
    if (const auto document = seed_document(question.what)) return render_seed(site, *host, *document, question);
    return base::Error(
        fmt::format("\"{}\" cannot be rendered: script, grub, overlay, user-data, meta-data, vendor-data, "
                    "network-config, preseed, autoinstall, bf.cfg or k3s",
                    question.what),
        std::make_error_code(std::errc::invalid_argument));
}

}  // namespace musterd::api
