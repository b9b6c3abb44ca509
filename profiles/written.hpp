#pragma once

#include "profiles/config.hpp"
#include "profiles/seed_files.hpp"
#include "profiles/source_map.hpp"
#include "server/base/toml_reader.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace musterd::profiles {

/// What the files say, before it is checked against each other, with the places that messages point at.

struct WrittenConfig {
    Config config;
    std::optional<base::Position> hosts;  ///< of the key, if it is written
    std::optional<base::Position> profiles;
    base::Position unknown_hosts;
};

struct WrittenProfile {
    std::string name;
    base::Position where;
    std::string inherits = "linux";
    base::Position inherits_at;
    std::optional<images::Reference> image;
    std::optional<std::vector<Argument>> args;
    std::map<std::string, std::chrono::milliseconds> deadlines;
    std::optional<bool> identity;
    std::optional<K3s> k3s;
    std::vector<Argument> more_args;  ///< of "args+": behind those that are inherited, or of "args"
    Variables vars;
    SecretSources secrets;
    FirmwareChoices firmware;
    SeedFiles seed;
};

struct WrittenHost {
    Host host;
    std::string path;  ///< "host[2]", as messages about it begin
    std::vector<base::Position> macs_at;
    base::Position name_at;
    base::Position uuid_at;
    base::Position serial_at;
    base::Position profile_at;
    base::Position address_at;
    base::Position vars_at;  ///< of the host itself if it has none
};

struct WrittenRule {
    MachineRule rule;  ///< its plan not yet made
    std::string path;  ///< "machines[0]"
    std::string profile;
    Variables vars;
    FirmwareChoices firmware;
    base::Position profile_at;
    base::Position vars_at;  ///< of the table itself if it has none
};

/// One file being read.
struct Reading {
    base::Diagnostics& problems;
    const SourceMap& map;
    std::filesystem::path folder;  ///< of the file
    SeedReader& seeds;
};

/// `folder` is what relative paths are taken from.
WrittenConfig read_config(base::TomlReader& root, const std::filesystem::path& folder);
void read_profiles(base::TomlReader& root, const Reading& file, std::vector<WrittenProfile>& profiles);
void read_hosts(base::TomlReader& root, const Reading& file, std::vector<WrittenHost>& hosts);

void read_machines(base::TomlReader& root, const Reading& file, std::vector<WrittenRule>& rules);

/// What a template can name: letters, digits, '_' and '-'.
bool is_word(std::string_view text);
/// The table `vars`, whose keys must be words that a template can name.
Variables read_vars(base::TomlReader& reader);

/// The table `secrets`; files are relative to that of the file.
SecretSources read_secrets(base::TomlReader& reader, const Reading& file);

/// The keys user_data and vendor_data and those of single_documents: names of documents, relative to the file's folder.
/// `path` is "profile.x" or "host[2]", as messages begin.
SeedFiles read_seed(base::TomlReader& reader, const Reading& file, const std::string& path);

}  // namespace musterd::profiles
