#include "server/app/line_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace musterd::app {

namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        lines.push_back(line);
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return lines;
}

/// Length of the longest common subsequence of what is left of both from each pair of lines on.
class Common {
public:
    Common(const Lines& before, const Lines& after)
        : width_(after.size() + 1), lengths_((before.size() + 1) * width_, 0) {
        for (auto i = before.size(); i-- > 0;) {
            for (auto j = after.size(); j-- > 0;)
                at(i, j) = before[i] == after[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
        }
    }
    std::size_t& at(std::size_t i, std::size_t j) { return lengths_[i * width_ + j]; }

private:
    std::size_t width_;
    std::vector<std::size_t> lengths_;
};

}  // namespace

std::string line_diff(std::string_view before, std::string_view after) {
    const auto old_lines = lines_of(before);
    const auto new_lines = lines_of(after);
    Common common(old_lines, new_lines);
    std::string text;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < old_lines.size() || j < new_lines.size()) {
        const bool both = i < old_lines.size() && j < new_lines.size();
        if (both && old_lines[i] == new_lines[j]) {
            ++i;
            ++j;
        } else if (j == new_lines.size() || (both && common.at(i + 1, j) >= common.at(i, j + 1))) {
            fmt::format_to(std::back_inserter(text), "-{}\n", old_lines[i++]);
        } else {
            fmt::format_to(std::back_inserter(text), "+{}\n", new_lines[j++]);
        }
    }
    return text;
}

}  // namespace musterd::app
