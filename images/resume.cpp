#include "images/resume.hpp"

#include <fmt/format.h>

#include <charconv>

namespace musterd::images {

namespace {

using Action = Continuation::Action;

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// A weak entity tag does not promise the same bytes.
std::string validator_of(const ResponseHead& head) {
    if (head.etag.starts_with('"')) return head.etag;
    return head.etag.empty() ? head.last_modified : std::string();
}

Continuation refuse(std::string reason) {
    return {Action::refuse, std::move(reason), {}};
}

Continuation partial(const Held& held, const ResponseHead& head) {
    const auto range = parse_content_range(head.content_range);
    if (held.bytes == 0 || !range || !range->first || *range->first != held.bytes)
        return refuse(fmt::format("the server answers another range than was asked for (\"{}\")", head.content_range));
    const auto length = range->last - *range->first + 1;
    if (head.content_length && *head.content_length != length)
        return refuse("the server contradicts itself on the length of a range");
    const auto validator = validator_of(head);
    const bool other =
        (!validator.empty() && validator != held.validator) || (range->size && held.size && *range->size != *held.size);
    if (other) return {Action::ask_again, "the file changed on the server", {}};
    return {Action::append, {}, {held.bytes, held.validator, range->size ? range->size : held.size}};
}

Continuation unsatisfiable(const Held& held, const ResponseHead& head) {
    const auto range = parse_content_range(head.content_range);
    const bool all = held.bytes > 0 && held.size == held.bytes && (!range || !range->size || range->size == held.bytes);
    if (all) return {Action::complete, {}, held};
    if (held.bytes > 0) return {Action::ask_again, "the file changed on the server", {}};
    return refuse("the server refuses a range that was not asked for");
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
    constexpr std::string_view unit = "bytes ";
    const auto slash = text.find('/');
    if (!text.starts_with(unit) || slash == std::string_view::npos) return std::nullopt;
    const auto range = text.substr(unit.size(), slash - unit.size());
    const auto whole = text.substr(slash + 1);
    ContentRange found{{}, 0, number(whole)};
    if (!found.size && whole != "*") return std::nullopt;
    if (range == "*") return found.size ? std::optional(found) : std::nullopt;
    const auto dash = range.find('-');
    const auto first = number(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? std::nullopt : number(range.substr(dash + 1));
    if (!first || !last || *first > *last || (found.size && *last >= *found.size)) return std::nullopt;
    found.first = first;
    found.last = *last;
    return found;
}

Continuation continuation(const Held& held, const ResponseHead& head) {
    if (head.status == 200) return {Action::start_over, {}, {0, validator_of(head), head.content_length}};
    if (head.status == 206) return partial(held, head);
    if (head.status == 416) return unsatisfiable(held, head);
    auto said = fmt::format("the server answers {}", head.status);
    const bool later = head.status == 408 || head.status == 429 || (head.status >= 500 && head.status != 501);
    if (later) return {Action::wait, std::move(said), {}};
    return refuse(std::move(said));
}

}  // namespace musterd::images
