#pragma once

#include "server/base/clock.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace musterd::app {

/// The stages of one boot in the order in which they were reached, each with when, how long it took from the one
/// before, and a bar of it on the boot's own scale: rows for table(), the heading first. `bar`: columns for the bars.
std::vector<std::vector<std::string>> timeline(std::vector<std::pair<base::Time, std::string>> stages, std::size_t bar);

}  // namespace musterd::app
