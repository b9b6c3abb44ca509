#include "http/conditional.hpp"

#include <algorithm>

namespace musterd::http {

namespace {

enum class Comparison { strong, weak };

bool is_weak(std::string_view tag) {
    return tag.starts_with("W/");
}

/// RFC 9110 8.8.3.2.
bool equal(std::string_view left, std::string_view right, Comparison comparison) {
    if (comparison == Comparison::strong && (is_weak(left) || is_weak(right))) return false;
    if (is_weak(left)) left.remove_prefix(2);
    if (is_weak(right)) right.remove_prefix(2);
    return left == right;
}

bool is_etag_character(char character) {
    const auto c = static_cast<unsigned char>(character);
    return c == 0x21 || (c >= 0x23 && c <= 0x7e) || c >= 0x80;
}

/// Takes the entity tag that `list` begins with, quotes and W/ included; empty where there is none.
std::string_view take_etag(std::string_view& list) {
    const std::size_t start = is_weak(list) ? 2 : 0;
    if (list.size() <= start || list[start] != '"') return {};
    const auto end = list.find('"', start + 1);
    if (end == std::string_view::npos) return {};
    const auto tag = list.substr(0, end + 1);
    const auto opaque = tag.substr(start + 1, tag.size() - start - 2);
    if (!std::all_of(opaque.begin(), opaque.end(), is_etag_character)) return {};
    list.remove_prefix(tag.size());
    return tag;
}

void skip_separators(std::string_view& list) {
    const auto next = list.find_first_not_of(" \t,");
    list.remove_prefix(next == std::string_view::npos ? list.size() : next);
}

/// "*" matches whatever exists. What follows a malformed tag is not read.
bool list_matches(std::string_view list, std::string_view etag, Comparison comparison) {
    skip_separators(list);
    if (list == "*") return true;
    while (!list.empty()) {
        const auto tag = take_etag(list);
        if (tag.empty()) return false;
        if (!etag.empty() && equal(tag, etag, comparison)) return true;
        skip_separators(list);
    }
    return false;
}

}  // namespace

Precondition evaluate_preconditions(const Request& request, std::string_view etag) {
    const auto if_match = request.headers.find("if-match");
    if (if_match != request.headers.end() && !list_matches(if_match->second, etag, Comparison::strong)) {
        return Precondition::failed;
    }
    const auto if_none_match = request.headers.find("if-none-match");
    if (if_none_match != request.headers.end() && list_matches(if_none_match->second, etag, Comparison::weak)) {
        return Precondition::not_modified;
    }
    return Precondition::proceed;
}

bool range_applies(const Request& request, std::string_view etag) {
    const auto if_range = request.headers.find("if-range");
    if (if_range == request.headers.end()) return true;
    std::string_view field = if_range->second;
    const auto tag = take_etag(field);
    return !tag.empty() && field.empty() && !etag.empty() && equal(tag, etag, Comparison::strong);
}

std::string quote_etag(std::string_view tag) {
    if (tag.empty() || !std::all_of(tag.begin(), tag.end(), is_etag_character)) return {};
    return "\"" + std::string(tag) + "\"";
}

}  // namespace musterd::http
