#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace musterd::app {

/// What standard output is. No terminal: as wide as it needs, without colour, so that other programs can read it.
struct Terminal {
    std::size_t columns = 0;  ///< 0: no terminal
    bool colour = false;      ///< a terminal, and NO_COLOR (no-color.org) is not set
};
Terminal standard_output();
/// Of the terminal that standard error is; 80 where it is none.
std::size_t standard_error_columns();

/// A condition in its colour: ok green, late and failed red, held yellow.
std::string painted(std::string_view text, std::string_view condition, const Terminal& terminal);

/// How many columns a text takes: its code points, less the escape sequences of painted().
std::size_t columns(std::string_view text);
/// At most so many columns, with "…" where something is left out.
std::string cut(std::string text, std::size_t most);

}  // namespace musterd::app
