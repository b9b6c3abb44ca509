#include "profiles/template.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::profiles {

namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// What comes with later grammar is refused by what it would mean, not as a mere syntax error.
std::string_view not_yet(std::string_view tag) {
    if (tag.starts_with('#') || tag.starts_with('/')) return "\"each\" and \"if\" are not built yet";
    if (tag.starts_with('!')) return "comments are not built yet";
    if (tag.find('|') != std::string_view::npos) return "filters are not built yet";
    return {};
}

/// Offset in `tag` of the first character that a name cannot have there, or its size.
std::size_t name_ends(std::string_view tag) {
    bool in_word = false;
    for (std::size_t i = 0; i < tag.size(); ++i) {
        const bool dot = tag[i] == '.' && in_word && i + 1 < tag.size();
        if (!dot && !is_word_character(tag[i])) return i;
        in_word = !dot;
    }
    return tag.size();
}

/// A tag is what stands between the braces, spaces round it taken away; `offset` is where it starts in the text.
boost::system::result<Template::Piece, TemplateError> parse_tag(std::string_view inside, std::size_t offset) {
    const auto spaces = std::min(inside.find_first_not_of(' '), inside.size());
    auto tag = inside.substr(spaces);
    tag = tag.substr(0, tag.find_last_not_of(' ') + 1);
    offset += spaces;
    if (tag.empty()) return TemplateError{offset, "a name is missing between {{ and }}"};
    const auto later = not_yet(tag);
    if (!later.empty()) return TemplateError{offset, std::string(later)};
    const auto end = name_ends(tag);
    if (end < tag.size()) {
        return TemplateError{offset + end,
                             fmt::format("\"{}\" is not a name: letters, digits, '_' and '-', with single "
                                         "dots between words",
                                         tag)};
    }
    return Template::Piece{Template::Piece::Kind::name, std::string(tag), offset};
}

}  // namespace

boost::system::result<Template, TemplateError> Template::parse(std::string_view text) {
    Template parsed;
    for (std::size_t at = 0; at < text.size();) {
        const auto open = text.find(opening, at);
        if (open != at) {
            parsed.pieces_.push_back({Piece::Kind::text, std::string(text.substr(at, open - at)), at});
        }
        if (open == std::string_view::npos) break;
        const auto inside = open + opening.size();
        const auto close = text.find(closing, inside);
        if (close == std::string_view::npos) return TemplateError{open, "{{ without }}"};
        auto piece = parse_tag(text.substr(inside, close - inside), inside);
        if (!piece) return piece.error();
        parsed.pieces_.push_back(std::move(*piece));
        at = close + closing.size();
    }
    return parsed;
}

std::string Template::render(const std::function<std::string(std::string_view)>& value_of) const {
    std::string text;
    for (const auto& piece : pieces_) {
        text += piece.kind == Piece::Kind::text ? piece.text : value_of(piece.text);
    }
    return text;
}

}  // namespace musterd::profiles
