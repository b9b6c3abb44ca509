#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace musterd::base {

/// A place in a file that a person wrote. Lines and columns count from 1; 0 is "the file as a whole".
struct Position {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    auto operator<=>(const Position&) const = default;
};

enum class Severity { error, warning };

struct Diagnostic {
    Position where;
    Severity severity = Severity::error;
    std::string message;
};

/// Collects every problem of a set of files, so that a person hears of all at once.
class Diagnostics {
public:
    /// Keeps a file's text so that its lines can be shown under problems.
    void add_source(std::string file, std::string text);
    void error(Position where, std::string message);
    void warning(Position where, std::string message);
    /// The line of that place is never shown, for it holds what no log may: only its number is told.
    void hide_line(const Position& where);

    [[nodiscard]] bool has_errors() const;
    [[nodiscard]] bool empty() const { return items_.empty(); }
    /// Sorted by file, line and column; those found at one place stay in the order found.
    [[nodiscard]] std::vector<Diagnostic> sorted() const;
    /// "file:line:col: error: message", then the line and a caret where the text is known.
    [[nodiscard]] std::string render() const;

private:
    [[nodiscard]] std::string_view line_of(const Position& where) const;

    std::vector<Diagnostic> items_;
    std::map<std::string, std::string> sources_;
    std::set<std::pair<std::string, std::uint32_t>> hidden_;  ///< files and lines
};

/// The candidate nearest to `word` within a third of its length (Levenshtein distance with swaps), else empty.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace musterd::base
