#pragma once

#include "profiles/config.hpp"

#include <span>
#include <string_view>

namespace musterd::profiles {

/// One kernel argument of a built-in profile, as a person would write it.
struct BuiltInArgument {
    std::string_view text;
    std::optional<RootForm> only_for = {};  ///< left out where the image's root is another
};

/// A profile that is there without being written.
struct BuiltIn {
    std::string_view name;
    Action action;
    std::span<const BuiltInArgument> args = {};
    bool wants_root = false;  ///< boots only images that have a root for the initrd to fetch
    bool identity = false;    ///< hosts get their SSH host key and node password
    bool installs = false;    ///< writes the machine's disk, once (boots/installation.hpp)
    /// By the keys of single_documents: what is served where nobody says otherwise. Templates.
    std::string_view document_key = {};
    std::string_view (*document)() = nullptr;
};

/// What of a built-in profile's seed is its own.
SeedFiles standard_documents(const BuiltIn& standard);

std::span<const BuiltIn> built_in_profiles();
/// nullptr if there is none of that name.
const BuiltIn* built_in(std::string_view name);

}  // namespace musterd::profiles
