#pragma once

#include "server/base/result.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace musterd::profiles {

/// What is wrong with a template's text, and the byte where it starts.
struct TemplateError {
    std::size_t offset = 0;
    std::string message;
    std::string name;  ///< the name that stands for nothing, if that is the trouble

    bool operator==(const TemplateError&) const = default;
};

/// Makes a value fit where it lands: takes the value, gives what stands in the text.
struct Filter {
    std::string_view name;
    std::string (*apply)(std::string_view value) = nullptr;

    bool operator==(const Filter&) const = default;
};

/// A text with tags in it. Parsing is strict and is done once, when the configuration is loaded; problems() then says
/// what a set of values lacks; rendering cannot fail. Names are dotted words: letters, digits, '_' and '-'.
///
///     {{name}}  {{name | filter | filter}}      the value, through the filters of filters.hpp from left to right
///     {{#if name}} … {{else}} … {{/if}}         the first part where name stands for something that is neither empty,
///                                               "false" nor "0"; `else` may be left out
///     {{#each name}} … {{this}} … {{/each}}     once for each text of a list
///     {{! remark }}                             nothing
///
/// A line with nothing but tags of the last three kinds and white space leaves no line behind.
class Template {
public:
    using Value = std::variant<std::string, std::vector<std::string>>;
    using Values = std::function<std::optional<Value>(std::string_view name)>;

    struct Piece {
        enum class Kind { text, name, condition, each };
        Kind kind = Kind::text;
        std::string text;        ///< a stretch of text, or the name that the tag speaks of
        std::size_t offset = 0;  ///< where it starts in the source; of a name, its first letter
        std::vector<Filter> filters = {};
        std::vector<Piece> inside = {};     ///< of a condition that holds, or of each
        std::vector<Piece> otherwise = {};  ///< of a condition that does not hold

        bool operator==(const Piece&) const = default;
    };

    static boost::system::result<Template, TemplateError> parse(std::string_view text);

    [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
    /// Names in the parts that these values choose, that stand for nothing, or for a list where a text is wanted and
    /// the other way round.
    [[nodiscard]] std::vector<TemplateError> problems(const Values& values) const;
    /// What has a problem is left out.
    [[nodiscard]] std::string render(const Values& values) const;

    bool operator==(const Template&) const = default;

private:
    std::vector<Piece> pieces_;
};

}  // namespace musterd::profiles
