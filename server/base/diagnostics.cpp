#include "server/base/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::base {

void Diagnostics::add_source(std::string file, std::string text) {
    sources_.insert_or_assign(std::move(file), std::move(text));
}

void Diagnostics::error(Position where, std::string message) {
    items_.push_back({std::move(where), Severity::error, std::move(message)});
}

void Diagnostics::warning(Position where, std::string message) {
    items_.push_back({std::move(where), Severity::warning, std::move(message)});
}

void Diagnostics::hide_line(const Position& where) {
    hidden_.emplace(where.file, where.line);
}

bool Diagnostics::has_errors() const {
    return std::any_of(items_.begin(), items_.end(), [](const auto& item) { return item.severity == Severity::error; });
}

std::vector<Diagnostic> Diagnostics::sorted() const {
    auto items = items_;
    std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.where < b.where; });
    return items;
}

std::string_view Diagnostics::line_of(const Position& where) const {
    const auto source = sources_.find(where.file);
    if (source == sources_.end() || where.line == 0 || hidden_.contains({where.file, where.line})) return {};
    std::string_view rest = source->second;
    for (std::uint32_t line = 1; line < where.line; ++line) {
        const auto end = rest.find('\n');
        if (end == std::string_view::npos) return {};
        rest.remove_prefix(end + 1);
    }
    auto text = rest.substr(0, rest.find('\n'));
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

namespace {

/// Spaces (and tabs where the line has tabs) up to the column, then a caret. toml++ counts code points.
std::string caret_under(std::string_view line, std::uint32_t column) {
    std::string under;
    std::uint32_t at = 1;
    for (const char c : line) {
        if (at >= column) break;
        const bool continuation = (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
        if (continuation) continue;
        under += c == '\t' ? '\t' : ' ';
        ++at;
    }
    return under + '^';
}

}  // namespace

std::string Diagnostics::render() const {
    std::string text;
    for (const auto& [where, severity, message] : sorted()) {
        const auto* word = severity == Severity::error ? "error" : "warning";
        if (where.line == 0) {
            text += fmt::format("{}: {}: {}\n", where.file, word, message);
            continue;
        }
        text += fmt::format("{}:{}:{}: {}: {}\n", where.file, where.line, where.column, word, message);
        const auto line = line_of(where);
        if (!line.empty()) text += fmt::format("    {}\n    {}\n", line, caret_under(line, where.column));
    }
    return text;
}

namespace {

/// Damerau-Levenshtein distance (optimal string alignment), over three rows.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    std::string_view best;
    std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const auto candidate : candidates) {
        const auto apart = distance(word, candidate);
        if (apart < least) {
            least = apart;
            best = candidate;
        }
    }
    return best;
}

}  // namespace musterd::base
