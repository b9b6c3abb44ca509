#include "server/app/commands.hpp"
#include "server/app/data_folder.hpp"
#include "server/boots/journal_file.hpp"

#include <fmt/core.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>

namespace musterd::app {

namespace {

std::filesystem::path journal_of(const profiles::Config& config) {
    return config.data_dir / "state.db";
}

/// On the terminal's error stream where events go to standard output.
void say(std::FILE* to, Output output, const boost::json::object& object, const std::string& text) {
    fmt::print(to, "{}\n", output == Output::json ? boost::json::serialize(object) : "musterd: " + text);
}

int tell_damage(const std::vector<std::string>& damaged) {
    for (const auto& what : damaged)
        fmt::print(stderr, "musterd: {}\n", what);
    return damaged.empty() ? done : failed;
}

}  // namespace

int journal_export(const ConfigOption& config, const std::filesystem::path& file, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    std::ofstream made;
    if (!file.empty()) made.open(file, std::ios::binary | std::ios::trunc);
    std::ostream& lines = file.empty() ? std::cout : made;
    if (!lines) return complain(fmt::format("{} cannot be written", file.string()));
    const auto exported = boots::export_journal(
        journal_of(*main_file), [&lines](const base::Event& event) { lines << base::to_json(event) << '\n'; });
    if (!exported) return complain(exported.error().message());
    lines.flush();
    if (!lines) return complain(file.empty() ? "standard output cannot be written" : file.string() + " is not whole");
    if (!file.empty()) {
        say(stdout, output, {{"file", file.string()}, {"events", exported->events}},
            fmt::format("{} events in {}", exported->events, file.string()));
    }
    return tell_damage(exported->damaged);
}

int journal_import(const ConfigOption& config, const std::filesystem::path& file, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto lock = lock_data_folder(main_file->data_dir);
    if (!lock) return complain(lock.error().message());
    std::ifstream read;
    if (file != "-") read.open(file, std::ios::binary);
    std::istream& lines = file == "-" ? std::cin : read;
    if (!lines) return complain(fmt::format("{} cannot be read", file.string()));
    const auto imported = boots::import_journal(lines, journal_of(*main_file));
    if (!imported) return complain(fmt::format("{}: {}", file.string(), imported.error().message()));
    say(stdout, output, {{"file", file.string()}, {"events", *imported}},
        fmt::format("{} events are in {}", *imported, journal_of(*main_file).string()));
    return done;
}

int journal_check(const ConfigOption& config, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto file = journal_of(*main_file);
    const auto problems = boots::check_journal(file);
    if (output == Output::json) {
        boost::json::array all;
        for (const auto& problem : problems)
            all.emplace_back(problem);
        say(stdout, output, {{"file", file.string()}, {"problems", all}}, {});
        return problems.empty() ? done : failed;
    }
    if (problems.empty()) fmt::print("{}: every event is whole\n", file.string());
    const int code = tell_damage(problems);
    if (code != done) fmt::print(stderr, "musterd: {}\n", boots::cure_of_damage);
    return code;
}

}  // namespace musterd::app
