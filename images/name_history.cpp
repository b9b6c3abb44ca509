#include "images/name_history.hpp"

#include "images/image.hpp"

#include <fmt/format.h>

namespace musterd::images {

namespace {

base::Result<NameEntry> parse_line(std::string_view line) {
    const auto digest = line.substr(0, line.find(' '));
    if (!is_digest(digest)) return base::Error("no digest");
    auto rest = line.substr(digest.size());
    if (!rest.empty()) rest.remove_prefix(1);
    const auto time = rest.substr(0, rest.find(' '));
    const auto imported = base::parse_rfc3339(time);
    if (!imported) return base::Error("no time of import");
    rest.remove_prefix(std::min(time.size() + 1, rest.size()));
    return NameEntry{std::string(digest), *imported, is_argument(rest) ? std::string(rest) : std::string()};
}

}  // namespace

base::Result<NameHistory> parse_name_history(std::string_view text) {
    NameHistory history;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        auto entry = parse_line(line);
        if (!entry) return base::Error(fmt::format("line {}: {}", history.size() + 1, entry.error().message()));
        history.push_back(std::move(*entry));
    }
    if (history.empty()) return base::Error("it is empty");
    return history;
}

std::string to_text(const NameHistory& history) {
    std::string text;
    for (const auto& [digest, imported, source] : history) {
        text += fmt::format("{} {}{}{}\n", digest, base::to_rfc3339(imported), source.empty() ? "" : " ", source);
    }
    return text;
}

}  // namespace musterd::images
