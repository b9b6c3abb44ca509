#pragma once

#include "server/base/result.hpp"

#include <string>
#include <string_view>

namespace musterd::images {

/// How a person names an image: "nixos-worker" (what the name leads to now), "nixos-worker@1f0c9a77" (pinned, by at
/// least 8 digits of the digest), or a whole digest alone.
struct Reference {
    std::string name;    ///< empty for a digest alone
    std::string digest;  ///< empty, 8 to 63 digits to start with, or all 64

    bool operator==(const Reference&) const = default;
    [[nodiscard]] std::string to_string() const;
};

/// An error says which of the three forms was nearly met.
base::Result<Reference> parse_reference(std::string_view text);

}  // namespace musterd::images
