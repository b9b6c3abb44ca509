#pragma once

#include "profiles/lookup.hpp"
#include "server/base/diagnostics.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace musterd::profiles {

/// What came of reading a configuration. With an error among the problems there is no configuration.
struct Loaded {
    std::shared_ptr<const Configuration> configuration;
    base::Diagnostics problems;
};

/// A file and its text.
struct SourceText {
    std::string file;
    std::string text;
};

enum class IfMissing { use_defaults, is_error };

/// Reads `config_file`, then every *.toml of its folders of hosts and profiles in the order of their names, and checks
/// them together. All problems are reported at once. A main file that is missing means the defaults when nobody asked
/// for it by name; a folder that is missing is empty unless the file names it.
///
/// `proposed`: a file of hosts as it is going to be, read in place of what it is now.
Loaded load(const std::filesystem::path& config_file, IfMissing if_missing, const SourceText* proposed = nullptr);

/// The main file alone: where things are, whatever is wrong with hosts and profiles. Nothing, when it has errors
/// itself.
struct LoadedConfig {
    std::optional<Config> config;
    base::Diagnostics problems;
};
LoadedConfig load_config(const std::filesystem::path& config_file, IfMissing if_missing);

/// The same from texts, without touching a file: `main.file` decides what relative paths mean. `documents` are those
/// that profiles and hosts name.
Loaded load_texts(const SourceText& main, const std::vector<SourceText>& profiles, const std::vector<SourceText>& hosts,
                  const std::vector<SourceText>& documents = {});

}  // namespace musterd::profiles
