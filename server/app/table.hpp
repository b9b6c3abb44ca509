#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace musterd::app {

/// Rows of text in columns, two spaces apart, the first row a heading. Where they are wider than `most` columns (0: as
/// wide as they need), the last column is cut, then the widest ones, down to a few letters.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t most = 0);

}  // namespace musterd::app
