#include "server/api/seed.hpp"

#include "profiles/built_in_documents.hpp"
#include "profiles/filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>
#include <vector>

namespace musterd::api {

namespace {

using Parts = std::vector<profiles::SeedFiles::Part>;

constexpr std::array names{std::pair(std::string_view("meta-data"), SeedDocument::meta_data),
                           std::pair(std::string_view("user-data"), SeedDocument::user_data),
                           std::pair(std::string_view("vendor-data"), SeedDocument::vendor_data),
                           std::pair(std::string_view("network-config"), SeedDocument::network_config),
                           std::pair(std::string_view("preseed"), SeedDocument::preseed),
                           std::pair(std::string_view("bf.cfg"), SeedDocument::bf_cfg)};

/// The profile's, then the host's.
Parts parts_of(std::optional<Parts> profiles::SeedFiles::*list, const SeedFacts& facts) {
    Parts parts = (facts.plan->seed.*list).value_or(Parts{});
    if (facts.host == nullptr) return parts;
    const auto own = (facts.host->seed.*list).value_or(Parts{});
    parts.insert(parts.end(), own.begin(), own.end());
    return parts;
}

using Single = profiles::SeedFiles::Part profiles::SeedFiles::*;

/// The host's, else the profile's.
profiles::SeedFiles::Part chosen(Single part, const SeedFacts& facts) {
    const bool own = facts.host != nullptr && facts.host->seed.*part;
    return own ? facts.host->seed.*part : facts.plan->seed.*part;
}

/// nullptr for a document that is not of one part.
profiles::SeedFiles::Part single_part(SeedDocument document, const SeedFacts& facts) {
    if (document == SeedDocument::network_config) return chosen(&profiles::SeedFiles::network_config, facts);
    if (document == SeedDocument::bf_cfg) return chosen(&profiles::SeedFiles::bf_cfg, facts);
    return document == SeedDocument::preseed ? chosen(&profiles::SeedFiles::preseed, facts) : nullptr;
}

/// Parsed once.
const profiles::SeedFile& bf_cfg_head() {
    static const auto head = profiles::standard_document("(head of bf.cfg)", profiles::bf_cfg_head());
    return head;
}

std::string rendered(const profiles::SeedFile& part, const SeedFacts& facts) {
    return part.render([&facts](std::string_view name) -> std::optional<profiles::Template::Value> {
        return profiles::value_of(name, *facts.plan, facts.host, facts.boot);
    });
}

/// Host names are of a-z, 0-9, '.' and '-', URLs of what needs no escape: between double quotes they stand for
/// themselves in YAML, where without them "1e3" would be a number.
std::string meta_data(const SeedFacts& facts) {
    return fmt::format("instance-id: \"{}-{}\"\nlocal-hostname: \"{}\"\n", facts.name, facts.boot.boot_id, facts.name);
}

bool has_identity(const SeedFacts& facts) {
    return facts.plan->identity && facts.boot.identity;
}

/// cc_ssh writes them, and makes none of its own then.
std::string own_ssh_keys(const SeedFacts& facts) {
    if (!has_identity(facts)) return {};
    const std::string_view public_line = facts.boot.identity->ssh_public_key;
    return fmt::format("ssh_keys:\n  ed25519_private: {}\n  ed25519_public: {}\n",
                       profiles::for_yaml(facts.boot.identity->ssh_key),
                       profiles::for_yaml(public_line.substr(0, public_line.find('\n'))));
}

/// `post` leaves out the SSH keys: cloud-init warns of each that is missing (cc_phone_home.py), and nobody reads them.
std::string own_user_data(const SeedFacts& facts) {
    return fmt::format(
               "#cloud-config\n"
               "hostname: \"{}\"\n"
               "phone_home:\n"
               "  url: \"{}/up\"\n"
               "  post: [instance_id, hostname, fqdn]\n"
               "  tries: 20\n",
               facts.name, facts.boot.boot_url) +
           own_ssh_keys(facts);
}

/// ASCII, and the word in a secret's place, which only a person reads.
bool is_plain(std::string_view text) {
    for (auto at = text.find(profiles::hidden_secret); at != std::string_view::npos;
         at = text.find(profiles::hidden_secret)) {
        if (!is_plain(text.substr(0, at))) return false;
        text.remove_prefix(at + profiles::hidden_secret.size());
    }
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t'; });
}

/// RFC 2045 6.8: lines of 76 characters, 57 bytes each.
std::string base64_lines(std::string_view text) {
    constexpr std::size_t line = 57;
    std::string encoded;
    for (; !text.empty(); text.remove_prefix(std::min(line, text.size())))
        encoded += profiles::for_base64(text.substr(0, line)) + "\n";
    return encoded;
}

/// cloud-init keeps scripts under these names and runs them in their order.
std::string file_name(std::size_t number, const std::string& file) {
    auto name = std::filesystem::path(file).filename().string();
    for (char& c : name) {
        const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '.' && c != '-') c = '_';
    }
    return fmt::format("{:02}-{}", number, name);
}

std::string mime_part(std::string_view type, const std::string& name, std::string text) {
    const bool plain = is_plain(text);
    if (!plain) text = base64_lines(text);
    // Python's email package does not decode 8bit by the charset, so what is not ASCII travels in base64.
    return fmt::format(
        "Content-Type: {}; charset=\"utf-8\"\n"
        "MIME-Version: 1.0\n"
        "Content-Transfer-Encoding: {}\n"
        "Content-Disposition: attachment; filename=\"{}\"\n"
        "\n"
        "{}{}",
        type, plain ? "7bit" : "base64", name, text, text.ends_with('\n') ? "" : "\n");
}

/// RFC 2046 5.1. The boot id is in no document but by {{boot.id}}, and not behind these words.
std::string mime_message(const std::vector<std::string>& parts, const std::string& boot) {
    const auto boundary = fmt::format("==musterd-{}==", boot);
    std::string message =
        fmt::format("Content-Type: multipart/mixed; boundary=\"{}\"\nMIME-Version: 1.0\n\n", boundary);
    for (const auto& part : parts)
        message += fmt::format("--{}\n{}\n", boundary, part);
    return message + fmt::format("--{}--\n", boundary);
}

/// K3s's files, for a system that runs from RAM. As a boothook, because a later part's write_files would replace ours.
std::string k3s_part(const SeedFacts& facts) {
    const auto config = profiles::k3s_config_of(*facts.plan, facts.host);
    if (config.empty()) return {};
    auto text = fmt::format(
        "#cloud-boothook\n"
        "#!/bin/sh\n"
        "umask 077\n"
        "mkdir -p /etc/rancher/k3s /etc/rancher/node\n"
        "printf '%s' {} >/etc/rancher/k3s/config.yaml\n",
        profiles::for_shell(config));
    if (!has_identity(facts)) return text;
    return text + fmt::format("printf '%s\\n' {} >/etc/rancher/node/password\n",
                              profiles::for_shell(facts.boot.identity->node_password));
}

std::string user_data(const SeedFacts& facts) {
    const auto answers = chosen(&profiles::SeedFiles::autoinstall, facts);
    auto own = answers ? rendered(*answers, facts) : own_user_data(facts);
    const std::string type(answers ? answers->media_type : "text/cloud-config");
    auto k3s = answers ? std::string{} : k3s_part(facts);
    const auto added = parts_of(&profiles::SeedFiles::user_data, facts);
    if (added.empty() && k3s.empty()) return own;
    std::vector<std::string> parts{mime_part(type, "00-musterd.yaml", std::move(own))};
    if (!k3s.empty()) parts.push_back(mime_part("text/cloud-boothook", "01-musterd-k3s.sh", std::move(k3s)));
    for (const auto& part : added)
        parts.push_back(mime_part(part->media_type, file_name(parts.size(), part->file), rendered(*part, facts)));
    return mime_message(parts, facts.boot.boot_id);
}

std::string vendor_data(const SeedFacts& facts) {
    const auto added = parts_of(&profiles::SeedFiles::vendor_data, facts);
    if (added.empty()) return {};
    if (added.size() == 1) return rendered(*added.front(), facts);
    std::vector<std::string> parts;
    for (const auto& part : added)
        parts.push_back(mime_part(part->media_type, file_name(parts.size(), part->file), rendered(*part, facts)));
    return mime_message(parts, facts.boot.boot_id);
}

}  // namespace

std::optional<SeedDocument> seed_document(std::string_view name) {
    const auto found =
        std::find_if(names.begin(), names.end(), [name](const auto& each) { return each.first == name; });
    if (found == names.end()) return std::nullopt;
    return found->second;
}

std::string seed_text(SeedDocument document, const SeedFacts& facts) {
    switch (document) {
        case SeedDocument::meta_data:
            return meta_data(facts);
        case SeedDocument::user_data:
            return user_data(facts);
        case SeedDocument::vendor_data:
            return vendor_data(facts);
        case SeedDocument::network_config:
        case SeedDocument::preseed:
        case SeedDocument::bf_cfg: {
            const auto part = single_part(document, facts);
            if (!part) return {};
            return document == SeedDocument::bf_cfg ? rendered(bf_cfg_head(), facts) + rendered(*part, facts)
                                                    : rendered(*part, facts);
        }
    }
    return {};
}

bool has(SeedDocument document, const SeedFacts& facts) {
    const bool always = document != SeedDocument::preseed && document != SeedDocument::bf_cfg;
    return always || single_part(document, facts) != nullptr;
}

bool wants_documents_in_overlay(const profiles::Plan& plan, const profiles::Host* host) {
    return plan.k3s || plan.seed.bf_cfg || (host != nullptr && (host->k3s || host->seed.bf_cfg));
}

std::vector<images::OverlayFile> documents_in_overlay(const SeedFacts& facts) {
    std::vector<images::OverlayFile> files;
    auto k3s = profiles::k3s_config_of(*facts.plan, facts.host);
    if (!k3s.empty()) files.push_back({".initrd-secrets/run/musterd/k3s.yaml", std::move(k3s)});
    if (has(SeedDocument::bf_cfg, facts))
        files.push_back({"etc/bf.cfg", seed_text(SeedDocument::bf_cfg, facts), 0600, 0755});
    return files;
}

bool is_private(SeedDocument document, const SeedFacts& facts) {
    if (document == SeedDocument::user_data && has_identity(facts)) return true;
    if (document == SeedDocument::user_data) {
        return chosen(&profiles::SeedFiles::autoinstall, facts) || !k3s_part(facts).empty() ||
               !parts_of(&profiles::SeedFiles::user_data, facts).empty();
    }
    if (document == SeedDocument::vendor_data) return !parts_of(&profiles::SeedFiles::vendor_data, facts).empty();
    return single_part(document, facts) != nullptr;
}

}  // namespace musterd::api
