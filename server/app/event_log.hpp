#pragma once

#include "server/base/event.hpp"

#include <string>

namespace musterd::app {

/// One line for a person: "r640: kernel sent, 8.3 MB to 10.0.0.7 by http".
std::string describe(const base::Event& event);
/// "8.3 MB": decimal, as network and disk makers count.
std::string megabytes(std::uint64_t bytes);

}  // namespace musterd::app
