#pragma once

#include "profiles/load.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

namespace musterd::app {

/// Exit codes of every command.
inline constexpr int done = 0;
inline constexpr int failed = 1;
inline constexpr int wrong_usage = 2;
inline constexpr int timed_out = 3;

/// --config FILE, or its default.
struct ConfigOption {
    std::filesystem::path file = profiles::default_config_file;
    bool given = false;
};

/// A file that was named must be there.
profiles::IfMissing if_missing(const ConfigOption& config);

/// Loads the configuration; with problems it prints them to stderr and gives null.
std::shared_ptr<const profiles::Configuration> load_or_complain(const ConfigOption& config);

/// The main file alone, which is all that a command of a client needs: a mistake in a host's file does not stop it.
std::optional<profiles::Config> load_config_or_complain(const ConfigOption& config);

/// Says on stderr what is wrong, and gives the exit code for it.
int complain(std::string_view why);
int complain(const base::Error& error);

}  // namespace musterd::app
