// The table `secrets` of a profile or host.
#include "profiles/written.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::profiles {

namespace {

bool has_nul(const std::string& text) {
    return text.find('\0') != std::string::npos;
}

/// What keeps it from being run; empty if nothing does.
std::string problem_of(const std::vector<std::string>& command) {
    if (command.empty() || command.front().empty()) return "names no program";
    if (std::any_of(command.begin(), command.end(), has_nul)) return "holds a NUL";
    const bool one_line = command.size() == 1 && command.front().find(' ') != std::string::npos;
    return one_line ? "is run without a shell: write program and arguments as in [\"sops\", \"-d\", \"a.yaml\"]" : "";
}

std::optional<SecretSource> read_source(base::TomlReader& reader, const std::filesystem::path& folder) {
    const bool has_file = reader.has("file");
    const auto file = reader.text("file").value_or("");
    const auto command = reader.texts("command");
    if (has_file == reader.has("command")) {
        reader.error("", has_file ? "has both \"file\" and \"command\": one of them"
                                  : "comes from nowhere: file = \"PATH\", or command = [\"PROGRAM\", \"ARGUMENT\"]");
        return std::nullopt;
    }
    if (has_file) {
        if (!file.empty() && !has_nul(file)) return SecretSource{(folder / file).lexically_normal(), {}, {}};
        reader.error("file", file.empty() ? "must not be empty" : "holds a NUL");
        return std::nullopt;
    }
    const auto problem = problem_of(command);
    if (problem.empty()) return SecretSource{{}, command, folder};
    reader.error("command", problem);
    return std::nullopt;
}

}  // namespace

SecretSources read_secrets(base::TomlReader& reader, const Reading& file) {
    SecretSources secrets;
    reader.each_named("secrets", [&](const std::string& name, base::TomlReader& table) {
        if (!is_word(name)) table.error("", fmt::format("\"{}\" is not a name: letters, digits, '_' and '-'", name));
        auto source = read_source(table, file.folder);
        if (source) secrets.emplace(name, Secret{std::move(*source), table.where()});
    });
    return secrets;
}

}  // namespace musterd::profiles
