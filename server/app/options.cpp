#include "server/app/options.hpp"

#include <fmt/core.h>

#include <cstdio>

namespace musterd::app {

profiles::IfMissing if_missing(const ConfigOption& config) {
    return config.given ? profiles::IfMissing::is_error : profiles::IfMissing::use_defaults;
}

std::optional<profiles::Config> load_config_or_complain(const ConfigOption& config) {
    auto loaded = profiles::load_config(config.file, if_missing(config));
    if (!loaded.problems.empty()) fmt::print(stderr, "{}", loaded.problems.render());
    return std::move(loaded.config);
}

std::shared_ptr<const profiles::Configuration> load_or_complain(const ConfigOption& config) {
    const auto loaded = profiles::load(config.file, if_missing(config));
    if (!loaded.problems.empty()) fmt::print(stderr, "{}", loaded.problems.render());
    return loaded.configuration;
}

int complain(std::string_view why) {
    fmt::print(stderr, "musterd: {}\n", why);
    return failed;
}

int complain(const base::Error& error) {
    return complain(error.message());
}

}  // namespace musterd::app
