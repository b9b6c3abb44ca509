#include "server/api/secret_file.hpp"
#include "server/app/commands.hpp"
#include "server/base/fd.hpp"

#include <fmt/core.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <optional>

namespace musterd::app {

namespace {

std::filesystem::path key_file(const profiles::Config& config) {
    return config.data_dir / "site.key";
}

void say(Output output, const boost::json::object& object, const std::string& text) {
    if (output == Output::json)
        fmt::print("{}\n", boost::json::serialize(object));
    else
        fmt::print("{}\n", text);
}

/// Nothing where there is none.
base::Result<std::optional<profiles::SiteKey>> read_key(const std::filesystem::path& file) {
    const auto text = base::read_file(file);
    if (!text && text.error().code() == std::errc::no_such_file_or_directory) return std::optional<profiles::SiteKey>();
    if (!text) return text.error();
    const auto key = profiles::parse_site_key(*text);
    if (!key) return base::Error(fmt::format("{}: {}", file.string(), key.error().message()));
    return std::optional(*key);
}

}  // namespace

int key_backup(const ConfigOption& config, const std::filesystem::path& file, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto kept = key_file(*main_file);
    const auto key = read_key(kept);
    if (!key) return complain(key.error().message());
    if (!*key)
        return complain(fmt::format("{} is not there yet: the server makes it when it first starts", kept.string()));
    const auto text = profiles::to_string(**key);
    if (file.empty()) {
        say(output, {{"key", text}}, text);
        return done;
    }
    const auto written = base::write_file_durably(file, text + "\n", 0600);
    if (!written) return complain(written.error().message());
    say(output, {{"file", file.string()}},
        fmt::format("{}: the site's key; keep it as you keep passwords", file.string()));
    return done;
}

int key_restore(const ConfigOption& config, const KeyRestoreOptions& options, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto key = read_key(options.file);
    if (!key) return complain(key.error().message());
    if (!*key) return complain(fmt::format("{}: no such file", options.file.string()));
    const auto kept = key_file(*main_file);
    const auto old = read_key(kept);
    const bool same = old && *old == *key;
    const bool other = !old || (*old && !same);
    if (other && !options.force) {
        return complain(
            fmt::format("{} holds another key. With this one every host gets another machine id, SSH host key and "
                        "K3s node password. If that is what you want: --force",
                        kept.string()));
    }
    const auto written =
        same ? base::Result<void>() : base::write_file_durably(kept, profiles::to_string(**key) + "\n", 0600);
    if (!written) return complain(written.error().message());
    say(output, {{"file", kept.string()}, {"changed", !same}},
        same ? fmt::format("{} holds this key already", kept.string())
             : fmt::format("{} is restored; a server that runs takes it up when it is restarted", kept.string()));
    return done;
}

}  // namespace musterd::app
