#include "server/app/completion.hpp"

#include "server/app/fetch_json.hpp"
#include "server/app/options.hpp"
#include "server/base/json.hpp"
#include "server/boots/stage.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace musterd::app {

namespace {

constexpr std::string_view files = ":file";

std::vector<std::string> split(std::string_view text, std::string_view separator) {
    std::vector<std::string> parts;
    for (std::size_t start = 0; start <= text.size();) {
        const auto end = std::min(text.find(separator, start), text.size());
        parts.emplace_back(text.substr(start, end - start));
        start = end + separator.size();
    }
    return parts;
}

std::vector<Candidate> of_words(const std::vector<std::string>& words, std::string_view typed) {
    std::vector<Candidate> all;
    for (const auto& word : words) {
        if (word.starts_with(typed)) all.push_back({word, {}});
    }
    return all;
}

/// What an option or argument takes: one of a set, which CLI11 shows as "TEXT:{a,b}", or what its name says.
std::vector<Candidate> values(const CLI::Option& option, std::string_view typed, const Names& names) {
    const auto type = option.get_type_name();
    const auto open = type.find('{');
    if (open != std::string::npos)
        return of_words(split(std::string_view(type).substr(open + 1, type.rfind('}') - open - 1), ","), typed);
    const auto name = option.get_name();
    if (name == "--until") return of_words(split(boots::stage_names(), ", "), typed);
    if (name == "HOST" || name == "--host") return of_words(names("HOST"), typed);
    if (name == "IMAGE") return of_words(names("IMAGE"), typed);
    if (name == "--config" || name == "SOURCE" || name == "FILE") return {{std::string(files), {}}};
    return {};
}

const CLI::Option* option_called(const CLI::App& command, const std::string& word) {
    const auto options = command.get_options();
    const auto found = std::find_if(options.begin(), options.end(), [&](const CLI::Option* each) {
        return !each->get_positional() && each->check_name(word);
    });
    return found == options.end() ? nullptr : *found;
}

/// The argument without a name at that place; the last one takes all that follow.
const CLI::Option* positional(const CLI::App& command, std::size_t place) {
    const CLI::Option* last = nullptr;
    for (const auto* option : command.get_options()) {
        if (!option->get_positional()) continue;
        last = option;
        if (place-- == 0 || option->get_items_expected_max() > 1) return option;
    }
    return place == 0 ? last : nullptr;
}

std::vector<Candidate> commands(const CLI::App& command, std::string_view typed) {
    std::vector<Candidate> all;
    for (const auto* each : command.get_subcommands([](const CLI::App*) { return true; })) {
        if (each->get_name().starts_with(typed)) all.push_back({each->get_name(), each->get_description()});
    }
    return all;
}

std::vector<Candidate> options(const CLI::App& command, std::string_view typed) {
    std::vector<Candidate> all;
    for (const auto* each : command.get_options()) {
        for (const auto& name : each->get_lnames()) {
            if (("--" + name).starts_with(typed)) all.push_back({"--" + name, each->get_description()});
        }
    }
    return all;
}

const CLI::App* subcommand(const CLI::App& command, const std::string& word) {
    for (const auto* each : command.get_subcommands([](const CLI::App*) { return true; })) {
        if (each->get_name() == word) return each;
    }
    return nullptr;
}

}  // namespace

std::vector<Candidate> candidates(const CLI::App& program, const std::vector<std::string>& words, const Names& names) {
    const std::string typed = words.empty() ? std::string() : words.back();
    const CLI::App* command = &program;
    const CLI::Option* awaits = nullptr;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const auto& word = words[i];
        if (awaits != nullptr) {
            awaits = nullptr;
        } else if (word.starts_with('-')) {
            const auto* option = option_called(*command, word);
            if (option != nullptr && option->get_items_expected_max() > 0) awaits = option;
        } else if (const auto* next = subcommand(*command, word)) {
            command = next;
            place = 0;
        } else {
            ++place;
        }
    }
    if (awaits != nullptr) return values(*awaits, typed, names);
    if (typed.starts_with('-')) return options(*command, typed);
    auto found = commands(*command, typed);
    const auto* argument = positional(*command, place);
    if (found.empty() && argument != nullptr) return values(*argument, typed, names);
    return found;
}

std::string config_among(const std::vector<std::string>& words) {
    const auto found = std::find(words.begin(), words.end(), "--config");
    return found == words.end() || found + 1 == words.end() ? std::string() : *(found + 1);
}

Names names_of_server(const std::string& config_file) {
    return [config_file](const std::string& what) {
        ConfigOption option;
        if (!config_file.empty()) option = {config_file, true};
        const auto loaded = profiles::load_config(option.file, if_missing(option));
        std::vector<std::string> names;
        if (!loaded.config) return names;
        const auto answer =
            fetch_json(Client(SocketPath(*loaded.config)), what == "HOST" ? "/api/v1/hosts" : "/api/v1/images");
        if (!answer || !answer->is_array()) return names;
        for (const auto& each : answer->get_array())
            names.push_back(base::json_text(each.get_object(), "name"));
        return names;
    };
}

}  // namespace musterd::app
