#include "http/tls_identity.hpp"
#include "images/store.hpp"
#include "server/api/secret_book.hpp"
#include "server/app/commands.hpp"

#include <fmt/core.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <set>

namespace musterd::app {

namespace {

namespace json = boost::json;

/// Which firmware cannot start what the image has; empty where all can.
std::string who_cannot(const images::Image& image) {
    switch (image.payload()) {
        case images::Payload::kernel:
            return {};
        case images::Payload::program:
            return fmt::format(
                "is an EFI program: UEFI of its architecture starts it, BIOS cannot; of what musterd writes on a "
                "kernel line it gets nothing but the profile's \"args\"");
        case images::Payload::disk:
            break;
    }
    return "is a disk: UEFI HTTP Boot takes it for a RAM disk, and iPXE (BIOS, UEFI PXE on x64) reads it over HTTP "
           "until an operating system takes over; machines that load GRUB (arm64, 32-bit UEFI, Secure Boot) cannot "
           "boot it, and \"args\" have no effect";
}

/// Warns of images that hosts would be given but nobody has imported, and once for each of those that not all firmware
/// can start. Reads the store, never makes one.
void check_images(const profiles::Configuration& configuration, base::Diagnostics& problems) {
    const auto& data = configuration.config().data_dir;
    if (!std::filesystem::is_directory(data / "images")) return;
    const auto store = images::Store::open(data);
    if (!store) return;
    std::set<std::string> told;
    for (const auto& host : configuration.hosts()) {
        const auto* plan = configuration.plan(host.profile);
        if (plan == nullptr || !plan->image) continue;
        const auto image = store->find(*plan->image);
        if (!image) {
            problems.warning(host.where,
                             fmt::format("host \"{}\" cannot boot yet: {}", host.name, image.error().message()));
            continue;
        }
        const auto limit = who_cannot(*image);
        if (limit.empty() || !told.insert(image->digest).second) continue;
        problems.warning(host.where, fmt::format("host \"{}\": image {} {}", host.name, image->name, limit));
    }
}

/// Warns of files of secrets that are not there or that everybody may read, and of programs that are not there. Reads
/// no secret and runs nothing.
void check_secrets(const profiles::Configuration& configuration, base::Diagnostics& problems) {
    std::set<base::Position> told;
    const auto look_at = [&](const profiles::SecretSources& secrets) {
        for (const auto& [name, secret] : secrets) {
            if (!told.insert(secret.where).second) continue;
            const auto why = api::problem_of_source(secret.source);
            if (!why.empty()) problems.warning(secret.where, fmt::format("secret \"{}\" {}", name, why));
        }
    };
    for (const auto& [name, plan] : configuration.plans())
        look_at(plan.secrets);
    for (const auto& host : configuration.hosts())
        look_at(host.secrets);
}

/// A certificate or key that could not be served with. This user may not be the one that musterd runs as, and the key
/// is no business of others: what cannot be read is only a warning.
void check_tls(const profiles::Config& config, const std::filesystem::path& file, base::Diagnostics& problems) {
    if (!config.tls()) return;
    const auto identity = http::TlsIdentity::load(config.api.tls_cert, config.api.tls_key);
    if (identity) return;
    const auto& error = identity.error();
    const bool unreadable = error.code() == std::errc::permission_denied;
    if (unreadable) problems.warning({file.string()}, error.message());
    if (!unreadable) problems.error({file.string()}, error.message());
}

void print_json(const base::Diagnostics& problems) {
    json::array list;
    for (const auto& [where, severity, message] : problems.sorted()) {
        list.push_back(json::object{{"file", where.file},
                                    {"line", where.line},
                                    {"column", where.column},
                                    {"severity", severity == base::Severity::error ? "error" : "warning"},
                                    {"message", message}});
    }
    fmt::print("{}\n", json::serialize(json::object{{"ok", !problems.has_errors()}, {"problems", std::move(list)}}));
}

}  // namespace

profiles::Loaded load_and_check(const ConfigOption& config) {
    auto loaded =
        profiles::load(config.file, config.given ? profiles::IfMissing::is_error : profiles::IfMissing::use_defaults);
    if (loaded.configuration) check_images(*loaded.configuration, loaded.problems);
    if (loaded.configuration) check_secrets(*loaded.configuration, loaded.problems);
    if (loaded.configuration) check_tls(loaded.configuration->config(), config.file, loaded.problems);
    return loaded;
}

int check(const ConfigOption& config, Output output) {
    const auto loaded = load_and_check(config);
    const auto& problems = loaded.problems;
    if (output == Output::json) {
        print_json(problems);
    } else {
        fmt::print(stderr, "{}", problems.render());
        if (!problems.has_errors()) {
            fmt::print("{}: good, {} hosts, {} profiles\n", config.file.string(), loaded.configuration->hosts().size(),
                       loaded.configuration->plans().size());
        }
    }
    return problems.has_errors() ? failed : done;
}

}  // namespace musterd::app
