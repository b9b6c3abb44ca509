#include "profiles/secret.hpp"

#include "server/base/utf8.hpp"

#include <fmt/format.h>

namespace musterd::profiles {

base::Result<std::string> secret_text(std::string read) {
    if (read.size() > largest_secret) return base::Error(fmt::format("is larger than {} KiB", largest_secret >> 10U));
    if (read.find('\0') != std::string::npos) return base::Error("holds a NUL: it is no text; encode it, as in base64");
    if (!base::is_utf8(read)) return base::Error("is no text in UTF-8; encode it, as in base64");
    if (read.ends_with('\n')) read.pop_back();
    if (read.ends_with('\r')) read.pop_back();
    if (read.empty()) return base::Error("is empty");
    return read;
}

std::string to_string(const SecretSource& source) {
    return source.file.empty() ? fmt::format("command {}", source.command.front()) : source.file.string();
}

}  // namespace musterd::profiles
