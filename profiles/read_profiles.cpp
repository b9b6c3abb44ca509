// [profile.NAME] tables into WrittenProfiles.
#include "images/image.hpp"
#include "profiles/kernel_line.hpp"
#include "profiles/written.hpp"
#include "server/base/clock.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::profiles {

namespace {

std::vector<Argument> read_args(base::TomlReader& reader, std::string_view key, const std::string& path,
                                const Reading& file) {
    std::vector<Argument> args;
    const auto array = reader.where(key);
    const auto texts = reader.texts(key);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto where = file.map.item(array, i);
        const auto report = [&](const TemplateError& error) {
            file.problems.error(file.map.byte(where, error.offset),
                                fmt::format("{}.{}[{}]: {}", path, key, i, error.message));
        };
        auto text = Template::parse(texts[i]);
        if (!text) {
            report(text.error());
            continue;
        }
        const auto problem = problem_in_argument(*text);
        if (problem) report(*problem);
        args.push_back({std::move(*text), where});
    }
    return args;
}

/// Stages that a boot is waited for at (server/boots/deadline.hpp).
const std::vector<std::string_view> awaited_stages{"loader", "script",     "kernel",    "initrd",
                                                   "root",   "installing", "installed", "up"};

std::map<std::string, std::chrono::milliseconds> read_deadlines(base::TomlReader& reader) {
    std::map<std::string, std::chrono::milliseconds> deadlines;
    reader.child("deadlines", [&deadlines](base::TomlReader& table) {
        for (const auto stage : awaited_stages) {
            const auto text = table.text(stage);
            if (!text) continue;
            const auto limit = base::parse_duration(*text);
            if (limit)
                deadlines.emplace(stage, *limit);
            else
                table.error(stage, limit.error().message());
        }
    });
    return deadlines;
}

WrittenProfile read_profile(const std::string& name, base::TomlReader& reader, const Reading& file) {
    WrittenProfile profile;
    profile.name = name;
    profile.where = reader.where();
    profile.inherits = reader.text("inherits").value_or(profile.inherits);
    profile.inherits_at = reader.where("inherits");
    const auto image = reader.text("image");
    if (image) {
        auto reference = images::parse_reference(*image);
        if (reference)
            profile.image = std::move(*reference);
        else
            reader.error("image", reference.error().message());
    }
    if (reader.has("args")) profile.args = read_args(reader, "args", "profile." + name, file);
    profile.more_args = read_args(reader, "args+", "profile." + name, file);
    profile.vars = read_vars(reader);
    profile.secrets = read_secrets(reader, file);
    profile.firmware = read_firmware_choices(reader);
    profile.seed = read_seed(reader, file, "profile." + name);
    profile.deadlines = read_deadlines(reader);
    profile.identity = reader.boolean("identity");
    profile.k3s = read_k3s(reader);
    return profile;
}

}  // namespace

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

Variables read_vars(base::TomlReader& reader) {
    auto vars = reader.value_map("vars");
    std::erase_if(vars, [&reader](const auto& variable) {
        if (is_word(variable.first)) return false;
        reader.error("vars", fmt::format("\"{}\" is not a name: letters, digits, '_' and '-'", variable.first));
        return true;
    });
    return vars;
}

void read_profiles(base::TomlReader& root, const Reading& file, std::vector<WrittenProfile>& profiles) {
    root.each_named("profile", [&](const std::string& name, base::TomlReader& reader) {
        if (!images::is_name(name)) {
            reader.error(
                "", "not a profile's name: a-z, 0-9, '.', '_' and '-', at most 64, starting with a letter or digit");
        }
        profiles.push_back(read_profile(name, reader, file));
    });
}

}  // namespace musterd::profiles
