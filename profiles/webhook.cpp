#include "profiles/webhook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace musterd::profiles {

namespace {

constexpr std::array<std::string_view, 8> known{"script", "kernel", "initrd", "root", "system", "up", "late", "failed"};

std::filesystem::path path_of(base::TomlReader& reader, std::string_view key, const std::filesystem::path& folder) {
    const auto text = reader.text(key);
    return text && !text->empty() ? (folder / *text).lexically_normal() : std::filesystem::path();
}

/// A password in a URL would stand in logs and in git.
bool is_plain_url(std::string_view url) {
    const bool http = url.starts_with("http://") || url.starts_with("https://");
    return http && url.find('@') == std::string_view::npos && std::none_of(url.begin(), url.end(), [](char c) {
               return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
           });
}

}  // namespace

std::vector<Webhook> read_webhooks(base::TomlReader& root, const std::filesystem::path& folder) {
    std::vector<Webhook> webhooks;
    root.each("webhook", [&](base::TomlReader& reader) {
        Webhook written;
        written.url = reader.required_text("url");
        if (!written.url.empty() && !is_plain_url(written.url))
            reader.error("url", "an http or https URL, without user and password");
        written.on = reader.texts("on");
        if (!reader.has("on")) written.on = {"up", "late", "failed"};
        for (const auto& name : written.on) {
            if (std::find(known.begin(), known.end(), name) == known.end())
                reader.error("on", fmt::format("\"{}\" is neither a stage nor a condition that webhooks know (script, "
                                               "kernel, initrd, root, system, up, late, failed)",
                                               name));
        }
        written.secret = path_of(reader, "secret", folder);
        written.ca_file = path_of(reader, "ca_file", folder);
        const auto same = [&](const Webhook& other) { return other.url == written.url; };
        if (std::any_of(webhooks.begin(), webhooks.end(), same))
            reader.error("url", "there is another webhook with this URL");
        webhooks.push_back(std::move(written));
    });
    return webhooks;
}

std::vector<Webhook> load_webhooks(const std::filesystem::path& config_file) {
    std::vector<Webhook> webhooks;
    base::Diagnostics told_already;
    std::error_code code;
    if (!std::filesystem::exists(config_file, code)) return webhooks;
    const auto folder = std::filesystem::absolute(config_file).parent_path();
    base::read_toml_file(config_file.string(), told_already,
                         [&](base::TomlReader& root) { webhooks = read_webhooks(root, folder); });
    return webhooks;
}

}  // namespace musterd::profiles
