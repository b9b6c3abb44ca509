#include "profiles/template.hpp"

#include <fmt/format.h>

namespace musterd::profiles {

namespace {

using Piece = Template::Piece;
using Texts = std::vector<std::string>;

/// Walks the parts that the values choose, and keeps both what comes out and what is wrong.
class Walk {
public:
    explicit Walk(const Template::Values& values) : values_(values) {}

    void pieces(const std::vector<Piece>& pieces) {
        for (const auto& each : pieces)
            piece(each);
    }

    std::string text;
    std::vector<TemplateError> problems;

private:
    void piece(const Piece& piece) {
        switch (piece.kind) {
            case Piece::Kind::text:
                text += piece.text;
                return;
            case Piece::Kind::name:
                return name(piece);
            case Piece::Kind::condition:
                return pieces(holds(value_of(piece.text)) ? piece.inside : piece.otherwise);
            case Piece::Kind::each:
                return each(piece);
        }
    }

    void name(const Piece& piece) {
        const auto value = value_of(piece.text);
        if (!value) return missing(piece);
        const auto* one = std::get_if<std::string>(&*value);
        if (one == nullptr) {
            return problem(
                piece, fmt::format("\"{0}\" is a list: {{{{#each {0}}}}} … {{{{this}}}} … {{{{/each}}}}", piece.text));
        }
        auto filtered = *one;
        for (const auto& filter : piece.filters)
            filtered = filter.apply(filtered);
        text += filtered;
    }

    void each(const Piece& piece) {
        const auto value = value_of(piece.text);
        if (!value) return missing(piece);
        const auto* list = std::get_if<Texts>(&*value);
        if (list == nullptr) return problem(piece, fmt::format("\"{}\" is one text, not a list", piece.text));
        for (const auto& item : *list) {
            const auto* const outer = std::exchange(this_, &item);
            pieces(piece.inside);
            this_ = outer;
        }
    }

    std::optional<Template::Value> value_of(std::string_view name) const {
        if (name != "this") return values_(name);
        return this_ != nullptr ? std::optional<Template::Value>(*this_) : std::nullopt;
    }

    static bool holds(const std::optional<Template::Value>& value) {
        if (!value) return false;
        if (const auto* list = std::get_if<Texts>(&*value)) return !list->empty();
        const auto& one = std::get<std::string>(*value);
        return !one.empty() && one != "false" && one != "0";
    }

    void missing(const Piece& piece) {
        problems.push_back({piece.offset, fmt::format("there is no \"{}\"", piece.text), piece.text});
    }

    void problem(const Piece& piece, std::string message) {
        problems.push_back({piece.offset, std::move(message), {}});
    }

    const Template::Values& values_;
    const std::string* this_ = nullptr;
};

}  // namespace

std::vector<TemplateError> Template::problems(const Values& values) const {
    Walk walk(values);
    walk.pieces(pieces_);
    return std::move(walk.problems);
}

std::string Template::render(const Values& values) const {
    Walk walk(values);
    walk.pieces(pieces_);
    return std::move(walk.text);
}

}  // namespace musterd::profiles
