#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace musterd::app {

/// What may stand for the last of `words`, with a few words on it where there are any.
struct Candidate {
    std::string word;
    std::string help;

    bool operator==(const Candidate&) const = default;
};

/// Names that only the server knows, by what the command line calls them: "HOST", "IMAGE".
using Names = std::function<std::vector<std::string>(const std::string& what)>;

/// Walks the commands along the words behind "musterd"; the last one is what is being typed, and may be empty. A single
/// candidate ":file" asks the shell for names of files.
std::vector<Candidate> candidates(const CLI::App& program, const std::vector<std::string>& words, const Names& names);

/// What the words before say about --config, or the default.
std::string config_among(const std::vector<std::string>& words);

/// The names of the server that runs with that configuration; none where none runs.
Names names_of_server(const std::string& config_file);

/// The script that makes a shell ask `musterd complete`; empty for a shell that is none of bash, zsh and fish.
std::string_view completion_script(std::string_view shell);

}  // namespace musterd::app
