#pragma once

#include <string>
#include <string_view>

namespace musterd::app {

/// What makes `after` of `before`: each line that goes with '-', each that comes with '+', in order, others left out.
/// Empty when they are the same. By the longest common subsequence, so for texts of some hundred lines.
std::string line_diff(std::string_view before, std::string_view after);

}  // namespace musterd::app
