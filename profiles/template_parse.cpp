// Text into a Template: tags one after the other, blocks by going one level deeper for each.
#include "profiles/filters.hpp"
#include "profiles/template.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::profiles {

namespace {

using Piece = Template::Piece;
using Kind = Piece::Kind;

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";
constexpr std::string_view blanks = " \t";
constexpr std::size_t deepest = 16;

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
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

/// A stretch of the source.
struct Stretch {
    std::string_view text;
    std::size_t offset = 0;

    [[nodiscard]] Stretch from(std::size_t at) const { return {text.substr(at), offset + at}; }
    [[nodiscard]] Stretch trimmed() const {
        const auto trimmed = from(std::min(text.find_first_not_of(' '), text.size()));
        return {trimmed.text.substr(0, trimmed.text.find_last_not_of(' ') + 1), trimmed.offset};
    }
};

class Parser {
public:
    explicit Parser(std::string_view source) : source_(source) {}

    boost::system::result<std::vector<Piece>, TemplateError> parse() {
        levels_.push_back({});
        while (at_ < source_.size() && !error_)
            step();
        if (!error_ && levels_.size() > 1) {
            const auto& open = levels_.back().block;
            fail(open.offset, fmt::format("{{{{#{0} {1}}}}} without {{{{/{0}}}}}", word_of(open.kind), open.text));
        }
        if (error_) return *error_;
        return std::move(levels_.front().pieces);
    }

private:
    /// A block that is open, and the pieces of the part of it that is being read.
    struct Level {
        Piece block = {};
        bool in_else = false;
        std::vector<Piece> pieces = {};
    };

    static std::string_view word_of(Kind kind) { return kind == Kind::each ? "each" : "if"; }

    void fail(std::size_t offset, std::string message) {
        if (!error_) error_ = TemplateError{offset, std::move(message), {}};
    }

    void step() {
        const auto open = source_.find(opening, at_);
        if (open == std::string_view::npos) return add_text(source_.size());
        const auto inside = open + opening.size();
        const auto close = source_.find(closing, inside);
        if (close == std::string_view::npos) return fail(open, "{{ without }}");
        const Stretch tag = Stretch{source_.substr(inside, close - inside), inside}.trimmed();
        const bool prints = !tag.text.starts_with('#') && !tag.text.starts_with('/') && !tag.text.starts_with('!') &&
                            tag.text != "else";
        const auto after = close + closing.size();
        if (prints || !stands_alone(open, after)) {
            add_text(open);
            at_ = after;
        } else {
            add_text(line_start(open));
            at_ = std::min(source_.find('\n', after), source_.size() - 1) + 1;
        }
        read(tag);
    }

    void add_text(std::size_t end) {
        if (end > at_) add({Kind::text, std::string(source_.substr(at_, end - at_)), at_});
        at_ = std::max(at_, end);
    }

    void add(Piece piece) { levels_.back().pieces.push_back(std::move(piece)); }

    [[nodiscard]] std::size_t line_start(std::size_t open) const {
        const auto before = source_.find_last_not_of(blanks, open == 0 ? 0 : open - 1);
        if (open == 0 || before == std::string_view::npos) return 0;
        return before + 1;
    }

    /// Nothing but white space round the tag on its line; what an earlier tag has taken counts as a line's start.
    [[nodiscard]] bool stands_alone(std::size_t open, std::size_t after) const {
        const auto start = line_start(open);
        const bool begins = start == 0 || source_[start - 1] == '\n';
        const auto end = source_.find_first_not_of(" \t\r", after);
        return begins && start >= at_ && (end == std::string_view::npos || source_[end] == '\n');
    }

    void read(const Stretch& tag) {
        if (tag.text.empty()) return fail(tag.offset, "a name is missing between {{ and }}");
        if (tag.text.starts_with('!')) return;
        if (tag.text.starts_with('#')) return open_block(tag);
        if (tag.text.starts_with('/')) return close_block(tag);
        if (tag.text == "else") return begin_else(tag);
        auto piece = read_name(tag);
        if (!error_) add(std::move(piece));
    }

    void open_block(const Stretch& tag) {
        const auto words = tag.from(1);
        const auto space = std::min(words.text.find(' '), words.text.size());
        const auto word = words.text.substr(0, space);
        if (word != "if" && word != "each")
            return fail(tag.offset, fmt::format("\"#{}\" is no block: #if NAME and #each NAME are", word));
        const auto name = words.from(space).trimmed();
        if (name.text.empty()) return fail(tag.offset, fmt::format("#{0} of what? {{{{#{0} NAME}}}}", word));
        check_name(name);
        if (levels_.size() > deepest) return fail(tag.offset, "blocks are nested too deep");
        levels_.push_back({{word == "each" ? Kind::each : Kind::condition, std::string(name.text), name.offset}});
    }

    void close_block(const Stretch& tag) {
        const auto word = tag.from(1).trimmed().text;
        if (levels_.size() == 1) return fail(tag.offset, fmt::format("{{{{/{}}}}} closes nothing", word));
        auto& level = levels_.back();
        const auto expected = word_of(level.block.kind);
        if (word != expected)
            return fail(tag.offset, fmt::format("{{{{/{}}}}} where {{{{/{}}}}} is expected", word, expected));
        (level.in_else ? level.block.otherwise : level.block.inside) = std::move(level.pieces);
        auto block = std::move(level.block);
        levels_.pop_back();
        add(std::move(block));
    }

    void begin_else(const Stretch& tag) {
        auto& level = levels_.back();
        const bool fits = levels_.size() > 1 && level.block.kind == Kind::condition && !level.in_else;
        if (!fits) return fail(tag.offset, "{{else}} stands in no {{#if}}");
        level.block.inside = std::exchange(level.pieces, {});
        level.in_else = true;
    }

    void check_name(const Stretch& name) {
        const auto end = name_ends(name.text);
        if (end == name.text.size()) return;
        fail(name.offset + end, fmt::format("\"{}\" is not a name: letters, digits, '_' and '-', with single dots "
                                            "between words",
                                            name.text));
    }

    Piece read_name(const Stretch& tag) {
        auto bar = tag.text.find('|');
        const auto name = Stretch{tag.text.substr(0, bar), tag.offset}.trimmed();
        if (name.text.empty()) fail(name.offset, "a name is missing before |");
        check_name(name);
        Piece piece{Kind::name, std::string(name.text), name.offset};
        while (bar != std::string_view::npos && !error_) {
            const auto next = tag.text.find('|', bar + 1);
            add_filter(piece, Stretch{tag.text.substr(bar + 1, next - bar - 1), tag.offset + bar + 1}.trimmed());
            bar = next;
        }
        return piece;
    }

    void add_filter(Piece& piece, const Stretch& word) {
        const auto found = std::ranges::find(filters(), word.text, &Filter::name);
        if (found != filters().end()) return piece.filters.push_back(*found);
        std::string names;
        for (const auto& each : filters())
            names += fmt::format("{}{}", names.empty() ? "" : ", ", each.name);
        fail(word.offset, fmt::format("\"{}\" is no filter: there are {}", word.text, names));
    }

    std::string_view source_;
    std::size_t at_ = 0;
    std::vector<Level> levels_;
    std::optional<TemplateError> error_;
};

}  // namespace

boost::system::result<Template, TemplateError> Template::parse(std::string_view text) {
    auto pieces = Parser(text).parse();
    if (!pieces) return pieces.error();
    Template parsed;
    parsed.pieces_ = std::move(*pieces);
    return parsed;
}

}  // namespace musterd::profiles
