#pragma once

#include <optional>
#include <string>
#include <vector>

namespace musterd::images {

/// The texts of a netboot folder that say whose installer it is. Those that are not there are empty.
struct InstallerFiles {
    std::string kernel;        ///< path of the kernel
    std::string version_info;  ///< text of version.info, at the top (Debian)
    std::string menus;         ///< texts of the boot loaders' menus that lie beside the kernel
};

struct Installer {
    std::string kind;               ///< "debian" or "ubuntu-netboot"
    std::string what;               ///< for people
    std::vector<std::string> args;  ///< kernel arguments that the installer does not start without
    std::string note;               ///< what a person should know; may be empty

    bool operator==(const Installer&) const = default;
};

/// Debian's (debian-installer build/Makefile: version.info, menus that name debian-installer/ARCH/linux) or Ubuntu's
/// (netboot tarball of the live server: menus that boot with iso-url= or url= of an ISO). Ubuntu's arguments are those
/// of its menu: casper takes the last of several iso-url=, so a profile's own goes before them.
std::optional<Installer> find_installer(const InstallerFiles& files);

}  // namespace musterd::images
