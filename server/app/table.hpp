#pragma once

#include <string>
#include <vector>

namespace musterd::app {

/// Rows of text in columns, two spaces apart, the first row a heading. Widths count code points.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace musterd::app
