#pragma once

#include "dhcp/classify.hpp"
#include "profiles/lookup.hpp"

#include <functional>
#include <string>

namespace musterd::app {

/// What is known of a boot client when it asks for a loader.
struct LoaderQuestion {
    const dhcp::Client& client;
    profiles::Choice choice;                             ///< with a plan
    profiles::FirmwareChoices firmware;                  ///< Configuration::firmware_for(choice, its vendor class)
    bool chained = false;                                ///< this iPXE was given a loader before, and comes from it
    std::function<bool()> kernel_is_signed;              ///< asked only where it matters
    std::function<bool(const std::string&)> has_loader;  ///< whether the loaders' folder has the file
    std::string loaders;                                 ///< that folder, for messages
    std::function<std::string()> disk = {};  ///< ".iso" or ".img" where its image is one, asked only where it matters
};

/// The file that firmware is to start with.
struct LoaderAnswer {
    std::string file;     ///< empty: iPXE gets its script, or there is none and `why_not` says why
    bool chain = false;   ///< iPXE gets `file` before its script
    std::string why_not;  ///< one sentence with the cure. Silence lets firmware go on to its next boot device, where a
                          ///< name that TFTP then refuses would cost a time-out
    std::string disk = {};  ///< HTTP Boot gets the image itself, and no file: ".iso" or ".img"
};

/// Pure. A person's choice first, then a disk for HTTP Boot's RAM disk, then Secure Boot's shim, then the
/// architecture's default.
LoaderAnswer choose_loader(const LoaderQuestion& question);

}  // namespace musterd::app
