#pragma once

#include "server/base/toml_reader.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace musterd::profiles {

/// [[webhook]]: who is told over HTTP what becomes of hosts.
struct Webhook {
    std::string url;
    std::vector<std::string> on;    ///< stages (script kernel initrd root system up) and conditions (late failed)
    std::filesystem::path secret;   ///< file with what the messages are signed with; empty: they are not
    std::filesystem::path ca_file;  ///< PEM, of whom the server's certificate is; empty: the system's
};

/// Reads every [[webhook]]. Paths are relative to `folder`.
std::vector<Webhook> read_webhooks(base::TomlReader& root, const std::filesystem::path& folder);

/// Those of a main file that was loaded without errors. They are no part of Configuration, because nothing that a
/// machine is served depends on them.
std::vector<Webhook> load_webhooks(const std::filesystem::path& config_file);

}  // namespace musterd::profiles
