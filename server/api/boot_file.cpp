#include "server/api/boot_file.hpp"

#include "images/overlay.hpp"
#include "server/api/grub_loader.hpp"
#include "server/api/private_file.hpp"
#include "server/api/seed_desk.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <unistd.h>

#include <charconv>

namespace musterd::api {

namespace {

base::Error not_found(const std::string& message) {
    return base::Error(message, std::make_error_code(std::errc::no_such_file_or_directory));
}

/// "initrd" is 0, "initrd3" is 3.
std::optional<std::size_t> initrd_number(std::string_view file) {
    constexpr std::string_view word = "initrd";
    if (!file.starts_with(word)) return std::nullopt;
    file.remove_prefix(word.size());
    if (file.empty()) return 0;
    std::size_t number = 0;
    const auto [end, code] = std::from_chars(file.data(), file.data() + file.size(), number);
    if (code != std::errc{} || end != file.data() + file.size() || number == 0 || file.front() == '0')
        return std::nullopt;
    return number;
}

/// The path in the image of what a boot calls `file`; empty if it has no such thing.
std::string path_in_image(const images::Image& image, std::string_view file) {
    if (file == "kernel") return image.kernel;
    // casper takes a URL for an ISO's only when it ends so.
    if (file == "root.iso") return image.root.ends_with(".iso") ? image.root : std::string{};
    if (file == "root") return image.root;
    if (file == "loader") return image.loader;
    if (file == "disk") return image.disk;
    const auto number = initrd_number(file);
    return number && *number < image.initrds.size() ? image.initrds[*number] : std::string{};
}

/// What the machine finds under /run/musterd: who it is, and whom to tell that it is up.
std::string boot_json(std::string_view host, const boots::Boot& boot, const std::string& server_url) {
    boost::json::object json;
    json["boot"] = boot.id;
    json["host"] = host;
    json["url"] = fmt::format("{}/boot/{}", server_url, boot.id);
    json["image"] = boot.image;
    json["mac"] = boot.mac;
    return boost::json::serialize(json) + "\n";
}

std::vector<images::OverlayFile> documents_of(Site& site, const boots::Roll::Found& found, const BootMaterial& material,
                                              const Asker& asker) {
    const auto choice = choice_of(site, *material.configuration, found);
    if (choice.plan == nullptr || !wants_documents_in_overlay(*choice.plan, choice.host)) return {};
    auto facts = seed_facts(site, found.host, choice, *found.boot, asker.server_url);
    facts.boot.secrets = material.secrets;
    return documents_in_overlay(facts);
}

base::Result<base::FileSlice> overlay(Site& site, const boots::Roll::Found& found, const BootFile& file,
                                      const Asker& asker) {
    const auto material = site.material_of(found);
    if (!material) return material.error();
    const auto identity = identity_in_overlay(*material->configuration, site.site_key(), found.host);
    auto files = overlay_files(found.host, *found.boot, asker.server_url, identity, material->secrets);
    auto documents = documents_of(site, found, *material, asker);
    if (identity || !material->secrets.empty() || !documents.empty()) {
        const auto allowed = may_read(site, found, file, asker.peer, asker.protocol);
        if (!allowed) return allowed.error();
    }
    files.insert(files.end(), documents.begin(), documents.end());
    const auto bytes = images::make_overlay(files);
    if (!bytes) return bytes.error();
    return base::slice_of_bytes(*bytes);
}

/// Under a megabyte, made anew for each request: a machine asks twice in a boot.
base::Result<base::FileSlice> told_server(const base::FileSlice& loader, std::string_view server_url) {
    std::string bytes(loader.length, '\0');
    const auto got = ::pread(loader.fd->get(), bytes.data(), bytes.size(), static_cast<off_t>(loader.offset));
    if (got < 0) return base::Error::from_errno("read a loader");
    bytes.resize(static_cast<std::size_t>(got));
    constexpr std::string_view scheme = "http://";
    const auto told = with_server(std::move(bytes), server_url.substr(scheme.size()));
    if (!told) return told.error();
    return base::slice_of_bytes(base::as_bytes(*told));
}

}  // namespace

std::optional<profiles::Identity> identity_in_overlay(const profiles::Configuration& configuration,
                                                      const profiles::SiteKey& key, std::string_view name) {
    const auto* host = configuration.host(name);
    const auto* plan = host == nullptr ? nullptr : configuration.plan(host->profile);
    if (plan == nullptr || !plan->identity) return std::nullopt;
    return profiles::identity_of(key, name);
}

std::vector<images::OverlayFile> overlay_files(std::string_view host, const boots::Boot& boot,
                                               const std::string& server_url,
                                               const std::optional<profiles::Identity>& identity,
                                               const profiles::SecretTexts& secrets) {
    const std::string folder = ".initrd-secrets/run/musterd/";
    std::vector<images::OverlayFile> files{{folder + "boot.json", boot_json(host, boot, server_url)}};
    for (const auto& [name, text] : secrets)
        files.push_back({folder + "secrets/" + name, text + "\n"});
    if (!identity) return files;
    files.push_back({folder + "machine-id", identity->machine_id + "\n"});
    files.push_back({folder + "node-password", identity->node_password + "\n"});
    files.push_back({folder + "ssh_host_ed25519_key", identity->ssh_key});
    files.push_back({folder + "ssh_host_ed25519_key.pub", identity->ssh_public_key, 0644});
    return files;
}

base::Result<BootFile> open_loader_file(const Site& site, const std::string& name, const std::string& server_url) {
    auto slice = site.open_loader(name);
    if (slice && wants_server(name)) slice = told_server(*slice, server_url);
    if (!slice) return slice.error();
    return BootFile{std::move(*slice), name, {}, {}};
}

base::Result<BootFile> open_file_of_boot(Site& site, std::string_view boot, std::string_view file, const Asker& asker) {
    const auto found = site.boots().roll().find_boot(boot);
    if (found.boot == nullptr) return not_found(fmt::format("there is no boot {}, or it is long over", boot));
    BootFile opened{{}, std::string(file == "root.iso" ? "root" : file), found.boot->id, std::string(found.host)};
    if (file == "overlay") {
        auto slice = overlay(site, found, opened, asker);
        if (!slice) return slice.error();
        opened.slice = std::move(*slice);
        return opened;
    }
    const auto reference = images::parse_reference(found.boot->image);
    if (!reference) return reference.error();
    const auto image = site.image(*reference);
    if (!image) return image.error();
    const auto path = path_in_image(*image, file);
    if (path.empty()) return not_found(fmt::format("a boot of image {} has no \"{}\"", image->name, file));
    auto slice = site.store().open_file(*image, path);
    if (!slice) return slice.error();
    opened.slice = std::move(*slice);
    return opened;
}

base::Result<BootFile> open_file_of_image(Site& site, std::string_view digest, std::string_view path) {
    if (!images::is_digest(digest)) return not_found("not a digest");
    const auto image = site.image({{}, std::string(digest)});
    if (!image) return not_found(image.error().message());
    auto slice = site.store().open_file(*image, path);
    if (!slice) return slice.error();
    return BootFile{std::move(*slice), std::string(path), {}, {}};
}

base::Result<BootFile> open_by_path(Site& site, std::string_view path, const Asker& asker) {
    const auto take = [&path](std::string_view prefix) {
        if (!path.starts_with(prefix)) return false;
        path.remove_prefix(prefix.size());
        return true;
    };
    take("/");
    if (take("boot/loader/")) return open_loader_file(site, std::string(path), asker.server_url);
    const bool of_boot = take("boot/");
    if (!of_boot && !take("images/")) return open_loader_file(site, std::string(path), asker.server_url);
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return not_found("no such file");
    const auto first = path.substr(0, slash);
    const auto rest = path.substr(slash + 1);
    return of_boot ? open_file_of_boot(site, first, rest, asker) : open_file_of_image(site, first, rest);
}

base::Event transfer_event(const Site& site, const BootFile& file, const std::string& peer, std::string_view protocol) {
    base::Event event;
    event.kind = base::EventKind::file_sent;
    event.boot = file.boot;
    event.host = file.host;
    event.file = file.name;
    event.address = peer;
    event.details = {{"protocol", std::string(protocol)}};
    const auto address = base::Ipv4::parse(peer);
    const auto mac = address ? site.addresses().mac_of(*address) : std::nullopt;
    if (!mac) return event;
    event.mac = mac->to_string();
    if (event.host.empty()) event.host = event_host(site.choice_for(*mac), *mac);
    return event;
}

}  // namespace musterd::api
