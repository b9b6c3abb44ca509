#include "server/app/table.hpp"

#include "server/app/terminal.hpp"

#include <algorithm>
#include <numeric>

namespace musterd::app {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t fewest = 8;

std::size_t total(const std::vector<std::size_t>& widths) {
    return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + gap * (widths.size() - 1);
}

/// Takes from one width what is too much, but leaves it the fewest letters that still say something.
void shrink(std::size_t& width, std::size_t too_much) {
    if (width > fewest) width -= std::min(too_much, width - fewest);
}

void fit(std::vector<std::size_t>& widths, std::size_t most) {
    if (most == 0 || widths.empty()) return;
    if (total(widths) > most) shrink(widths.back(), total(widths) - most);
    while (total(widths) > most) {
        const auto widest = std::max_element(widths.begin(), widths.end());
        if (*widest <= fewest) return;
        --*widest;
    }
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t most) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], columns(row[i]));
    }
    fit(widths, most);
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const auto cell = cut(row[i], widths[i]);
            line += cell;
            if (i + 1 < row.size()) line.append(widths[i] - columns(cell) + gap, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

}  // namespace musterd::app
