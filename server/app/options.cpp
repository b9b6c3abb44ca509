#include "server/app/options.hpp"

#include <fmt/core.h>

#include <cstdio>

namespace musterd::app {

std::shared_ptr<const profiles::Configuration> load_or_complain(const ConfigOption& config) {
    const auto loaded =
        profiles::load(config.file, config.given ? profiles::IfMissing::is_error : profiles::IfMissing::use_defaults);
    if (!loaded.problems.empty()) fmt::print(stderr, "{}", loaded.problems.render());
    return loaded.configuration;
}

}  // namespace musterd::app
