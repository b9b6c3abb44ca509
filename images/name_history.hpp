#pragma once

#include "server/base/clock.hpp"
#include "server/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace musterd::images {

/// What a name has led to, newest first. The file has a line each: digest, space, time of import in RFC 3339, and where
/// it is known a space and the source.
struct NameEntry {
    std::string digest;
    base::Time imported;
    std::string source;  ///< folder, file or URL that was imported; empty if unknown

    bool operator==(const NameEntry&) const = default;
};
using NameHistory = std::vector<NameEntry>;

/// Never empty; an error names the line.
base::Result<NameHistory> parse_name_history(std::string_view text);
std::string to_text(const NameHistory& history);

}  // namespace musterd::images
