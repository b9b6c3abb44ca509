#include "profiles/adopt.hpp"

#include "profiles/filters.hpp"
#include "server/base/clock.hpp"
#include "server/base/fd.hpp"

#include <fmt/format.h>

namespace musterd::profiles {

namespace {

base::Error invalid(std::string why) {
    return base::Error(std::move(why), std::make_error_code(std::errc::invalid_argument));
}

/// A name in hosts.d, which it does not leave.
bool is_file_name(const std::string& file) {
    return file.ends_with(".toml") && file.find('/') == std::string::npos && !file.starts_with('.');
}

/// The text of the file with the host behind it. A JSON string is a TOML basic string too, whatever is in it.
std::string with_host(std::string text, const Adoption& adoption) {
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    if (!text.empty()) text += '\n';
    return text + fmt::format("[[host]]  # adopted {}\nname = {}\nmac = [\"{}\"]\nprofile = {}\n",
                              base::to_rfc3339(base::now()).substr(0, 10), for_json(adoption.name),
                              adoption.mac.to_string(), for_json(adoption.profile));
}

base::Result<std::string> text_of(const std::filesystem::path& file) {
    auto text = base::read_file(file);
    const bool missing = !text && text.error().code() == std::errc::no_such_file_or_directory;
    return missing ? base::Result<std::string>(std::string()) : text;
}

}  // namespace

base::Result<std::filesystem::path> adopt(const std::filesystem::path& config_file, IfMissing if_missing,
                                          const Adoption& adoption) {
    const auto main = load_config(config_file, if_missing);
    if (!main.config) return invalid(main.problems.render());
    const auto& folder = main.config->hosts;
    if (!is_file_name(adoption.file))
        return invalid(fmt::format("{}: not the name of a .toml file in {}", adoption.file, folder.string()));
    const auto file = folder / adoption.file;
    auto text = text_of(file);
    if (!text) return text.error();
    const SourceText proposed{file.string(), with_host(std::move(*text), adoption)};
    const auto loaded = load(config_file, if_missing, &proposed);
    if (!loaded.configuration)
        return invalid(fmt::format("{}{} stays as it is", loaded.problems.render(), file.string()));
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    const auto written = base::write_file_durably(file, proposed.text);
    if (!written) return written.error();
    return file;
}

}  // namespace musterd::profiles
