#pragma once

#include "profiles/template.hpp"

#include <span>
#include <string>
#include <string_view>

namespace musterd::profiles {

/// shell, json, yaml, base64, preseed.
std::span<const Filter> filters();

/// One word of a POSIX shell (IEEE 1003.1 2.2.2), whatever is in it; a NUL, which no shell can take, is left out.
std::string for_shell(std::string_view value);
/// A JSON string with its quotes (RFC 8259 7). Bytes that are not UTF-8 become U+FFFD.
std::string for_json(std::string_view value);
/// A double-quoted YAML scalar (YAML 1.2 7.3.1; PyYAML, which is cloud-init's, reads 1.1). Not UTF-8 as in JSON.
std::string for_yaml(std::string_view value);
/// RFC 4648 4, on one line.
std::string for_base64(std::string_view value);
/// The rest of a line of a preseed file, whose lines end only at a line break without a backslash before it
/// (debconf-set-selections(1)): control characters become spaces, backslashes and spaces at the end are left out.
/// Behind `shell` where a shell reads that line.
std::string for_preseed(std::string_view value);

}  // namespace musterd::profiles
