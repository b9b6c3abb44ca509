#pragma once

#include "server/base/result.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::profiles {

/// What is wrong with a template's text, and the byte where it starts.
struct TemplateError {
    std::size_t offset = 0;
    std::string message;
};

/// A text with {{name}} in it. Parsing is strict and is done once, when the configuration is loaded; rendering then
/// cannot fail. Names are dotted words: letters, digits, '_' and '-'. The first character of a tag is kept for what is
/// to come ('#', '/', '!'), as is '|' after a name for filters: all are refused now, with words that say so.
class Template {
public:
    /// A stretch of text, or a name to be replaced.
    struct Piece {
        enum class Kind { text, name };
        Kind kind = Kind::text;
        std::string text;
        std::size_t offset = 0;  ///< where it starts in the source; of a name, its first letter

        bool operator==(const Piece&) const = default;
    };

    static boost::system::result<Template, TemplateError> parse(std::string_view text);

    [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
    /// Calls `value_of` for each name; whoever loaded the template has seen to it that each has a value.
    [[nodiscard]] std::string render(const std::function<std::string(std::string_view)>& value_of) const;

    bool operator==(const Template&) const = default;

private:
    std::vector<Piece> pieces_;
};

}  // namespace musterd::profiles
