#include "images/reference.hpp"

#include "images/image.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::images {

namespace {

/// Shorter prefixes meet by chance: with 1000 images, 8 digits do so once in some 8000 stores.
constexpr std::size_t shortest_prefix = 8;

bool is_digest_prefix(std::string_view text) {
    const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() >= shortest_prefix && text.size() <= 64 && std::all_of(text.begin(), text.end(), hex);
}

}  // namespace

std::string Reference::to_string() const {
    if (name.empty()) return digest;
    return digest.empty() ? name : name + "@" + digest;
}

base::Result<Reference> parse_reference(std::string_view text) {
    if (is_digest(text)) return Reference{{}, std::string(text)};
    const auto at = text.find('@');
    const auto name = text.substr(0, at);
    if (!is_name(name)) {
        return base::Error(
            fmt::format("\"{}\" is not an image name (a-z, 0-9, '.', '_' and '-', at most 64, starting "
                        "with a letter or digit), nor 64 digits of a digest",
                        name));
    }
    if (at == std::string_view::npos) return Reference{std::string(name), {}};
    const auto digest = text.substr(at + 1);
    if (!is_digest_prefix(digest)) {
        return base::Error(
            fmt::format("\"{}\" after '@' is not the start of a digest (8 to 64 digits, 0-9 and a-f)", digest));
    }
    return Reference{std::string(name), std::string(digest)};
}

}  // namespace musterd::images
