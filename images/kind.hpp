#pragma once

#include "images/image.hpp"
#include "images/source_folder.hpp"

#include <string>
#include <vector>

namespace musterd::images {

/// What the image is beyond its files: sets its kind, and adds the kernel arguments that the kind brings. A NixOS
/// result is "nixos", Debian's netboot installer "debian", Ubuntu's "ubuntu-netboot", everything else stays "linux".
/// `notes` gets what a person should know. Errors: what looks like a kind, and cannot boot as one.
base::Result<void> add_kind(const SourceFolder& source, Image& image, std::vector<std::string>& notes);

}  // namespace musterd::images
