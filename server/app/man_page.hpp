#pragma once

#include <string>

namespace CLI {
class App;
}

namespace musterd::app {

/// musterd(1), in the man macros (groff_man(7)), from the commands themselves: what --help says and what the manual
/// says cannot differ.
std::string man_page(const CLI::App& program, const std::string& version);

}  // namespace musterd::app
