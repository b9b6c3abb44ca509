#include "server/api/webhook_message.hpp"

#include "profiles/filters.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace musterd::api {

namespace {

using base::EventKind;

std::string_view stage_of_file(const base::Event& event) {
    const bool whole = event.reason.empty() && event.sent == event.size;
    if (!whole || event.boot.empty()) return {};
    if (event.file == "seed/user-data") return "system";
    for (const std::string_view stage : {"kernel", "initrd", "root"}) {
        if (event.file == stage) return stage;
    }
    return {};
}

std::string_view reached(const base::Event& event) {
    switch (event.kind) {
        case EventKind::boot_started:
            return "script";
        case EventKind::file_sent:
            return stage_of_file(event);
        case EventKind::up:
            return "up";
        case EventKind::host_late:
            return "late";
        case EventKind::boot_failed:
        case EventKind::script_refused:
            return "failed";
        default:
            return {};
    }
}

/// What is behind "whsec_" in bytes, as far as it is base64; else the secret itself.
std::string key_of(std::string_view secret) {
    constexpr std::string_view prefix = "whsec_";
    if (!secret.starts_with(prefix)) return std::string(secret);
    const auto text = secret.substr(prefix.size());
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    const int length =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (length < 0) return std::string(secret);
    const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
    bytes.resize(static_cast<std::size_t>(length) - std::min<std::size_t>(padding, 2));
    return bytes;
}

}  // namespace

std::optional<std::string> concern(const base::Event& event, const std::vector<std::string>& wanted) {
    if (event.host.empty()) return std::nullopt;
    const auto found = std::find(wanted.begin(), wanted.end(), reached(event));
    return found == wanted.end() ? std::nullopt : std::optional(*found);
}

std::string webhook_id(const base::Event& event) {
    // Another journal counts from 1 again: its events have other times.
    return fmt::format("musterd-{}-{}", event.id, event.time.time_since_epoch().count());
}

std::string webhook_body(const base::Event& event, std::string_view concern) {
    return fmt::format("{{\"id\":{},\"type\":{},\"timestamp\":{},\"data\":{}}}", profiles::for_json(webhook_id(event)),
                       profiles::for_json(fmt::format("host.{}", concern)),
                       profiles::for_json(base::to_rfc3339(event.time)), base::to_json(event));
}

std::string webhook_signature(std::string_view secret, std::string_view id, std::string_view timestamp,
                              std::string_view body) {
    const auto text = fmt::format("{}.{}.{}", id, timestamp, body);
    const auto key = key_of(secret);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    ::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
           text.size(), digest.data(), &length);
    return "v1," + profiles::for_base64({reinterpret_cast<const char*>(digest.data()), length});
}

}  // namespace musterd::api
