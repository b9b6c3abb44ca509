#include "profiles/filters.hpp"
#include "server/app/commands.hpp"
#include "server/base/clock.hpp"
#include "server/base/fd.hpp"

#include <fmt/core.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>

namespace musterd::app {

namespace {

/// A name in hosts.d, which it does not leave.
bool is_file_name(const std::string& file) {
    return file.ends_with(".toml") && file.find('/') == std::string::npos && !file.starts_with('.');
}

/// The text of the file with the host behind it. A JSON string is a TOML basic string too, whatever is in it.
std::string with_host(std::string text, const AdoptOptions& options, const base::Mac& mac) {
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    if (!text.empty()) text += '\n';
    return text + fmt::format("[[host]]  # adopted {}\nname = {}\nmac = [\"{}\"]\nprofile = {}\n",
                              base::to_rfc3339(base::now()).substr(0, 10), profiles::for_json(options.name),
                              mac.to_string(), profiles::for_json(options.profile));
}

base::Result<std::string> text_of(const std::filesystem::path& file) {
    auto text = base::read_file(file);
    const bool missing = !text && text.error().code() == std::errc::no_such_file_or_directory;
    return missing ? base::Result<std::string>(std::string()) : text;
}

}  // namespace

int host_adopt(const ConfigOption& config, const AdoptOptions& options, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto mac = base::Mac::parse(options.mac);
    if (!mac) return complain(mac.error().message());
    if (!is_file_name(options.file))
        return complain(
            fmt::format("--file {}: the name of a .toml file in {}", options.file, main_file->hosts.string()));
    const auto file = main_file->hosts / options.file;
    auto text = text_of(file);
    if (!text) return complain(text.error().message());
    const profiles::SourceText proposed{file.string(), with_host(std::move(*text), options, *mac)};
    const auto if_missing = config.given ? profiles::IfMissing::is_error : profiles::IfMissing::use_defaults;
    const auto loaded = profiles::load(config.file, if_missing, &proposed);
    if (!loaded.configuration) {
        fmt::print(stderr, "{}", loaded.problems.render());
        return complain(fmt::format("{} stays as it is", file.string()));
    }
    std::error_code code;
    std::filesystem::create_directories(main_file->hosts, code);
    const auto written = base::write_file_durably(file, proposed.text);
    if (!written) return complain(written.error().message());
    if (output == Output::json) {
        fmt::print("{}\n",
                   boost::json::serialize(boost::json::object{{"host", options.name}, {"file", file.string()}}));
    } else {
        fmt::print("{}: host {} added\n", file.string(), options.name);
    }
    return done;
}

}  // namespace musterd::app
