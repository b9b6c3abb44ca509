#include "http/conditional.hpp"

#include "http/date.hpp"

#include <algorithm>
#include <chrono>

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

/// Value of a field, nothing where it was not sent.
const std::string* field(const Request& request, const char* name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? nullptr : &found->second;
}

enum class Age { older, same, newer };

/// Our date beside the one in a field; nothing where there are not both.
std::optional<Age> compare_dates(const Validators& validators, const std::string& text) {
    const auto date = parse_http_date(text, validators.now);
    if (!date || !validators.modified) return std::nullopt;
    const auto ours = std::chrono::floor<std::chrono::seconds>(*validators.modified);
    if (ours == *date) return Age::same;
    return ours < *date ? Age::older : Age::newer;
}

bool is_expected_version(const Request& request, const Validators& validators) {
    if (const auto* tags = field(request, "if-match")) return list_matches(*tags, validators.etag, Comparison::strong);
    const auto* date = field(request, "if-unmodified-since");
    return date == nullptr || compare_dates(validators, *date) != Age::newer;
}

bool is_known_version(const Request& request, const Validators& validators) {
    if (const auto* tags = field(request, "if-none-match")) {
        return list_matches(*tags, validators.etag, Comparison::weak);
    }
    const auto* date = field(request, "if-modified-since");
    if (date == nullptr) return false;
    const auto age = compare_dates(validators, *date);
    return age && *age != Age::newer;
}

}  // namespace

Precondition evaluate_preconditions(const Request& request, const Validators& validators) {
    if (!is_expected_version(request, validators)) return Precondition::failed;
    return is_known_version(request, validators) ? Precondition::not_modified : Precondition::proceed;
}

bool range_applies(const Request& request, const Validators& validators) {
    const auto* if_range = field(request, "if-range");
    if (if_range == nullptr) return true;
    std::string_view rest = *if_range;
    const auto tag = take_etag(rest);
    if (tag.empty()) return compare_dates(validators, *if_range) == Age::same;
    return rest.empty() && !validators.etag.empty() && equal(tag, validators.etag, Comparison::strong);
}

std::string quote_etag(std::string_view tag) {
    if (tag.empty() || !std::all_of(tag.begin(), tag.end(), is_etag_character)) return {};
    return "\"" + std::string(tag) + "\"";
}

}  // namespace musterd::http
