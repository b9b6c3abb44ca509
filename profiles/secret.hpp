#pragma once

#include "server/base/diagnostics.hpp"
#include "server/base/result.hpp"

#include <compare>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::profiles {

/// Where a secret comes from: a file, or what a command prints.
struct SecretSource {
    std::filesystem::path file;        ///< absolute; empty: it is the command
    std::vector<std::string> command;  ///< program and arguments, without a shell
    std::filesystem::path folder;      ///< where the command runs: that of the file that names it

    auto operator<=>(const SecretSource&) const = default;
};

/// One line of a table `secrets`.
struct Secret {
    SecretSource source;
    base::Position where;
};

/// By name, as documents call them: secret.NAME.
using SecretSources = std::map<std::string, Secret, std::less<>>;
/// What they are.
using SecretTexts = std::map<std::string, std::string, std::less<>>;

inline constexpr std::string_view secret_prefix = "secret.";
/// Stands where a secret would.
inline constexpr std::string_view hidden_secret = "«secret»";
inline constexpr std::size_t largest_secret = 64U << 10U;  // bytes

/// What a file or command gave, as a secret: without the line break at its end. The error is the end of a sentence and
/// quotes nothing of it: it is empty, too large, or no text in UTF-8 without NUL.
base::Result<std::string> secret_text(std::string read);

/// For messages: the file's path, or "command" and the program's name, without arguments.
std::string to_string(const SecretSource& source);

}  // namespace musterd::profiles
