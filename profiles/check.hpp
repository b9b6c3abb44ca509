#pragma once

#include "profiles/plans.hpp"
#include "profiles/written.hpp"

#include <map>
#include <string>
#include <vector>

namespace musterd::profiles {

/// All that was read, to be checked against each other.
struct Written {
    WrittenConfig config;
    std::vector<WrittenProfile> profiles;
    std::vector<WrittenHost> hosts;
    std::vector<WrittenRule> rules;
    std::map<std::string, SourceMap> maps;  ///< by file
};

/// Two hosts must not have one name, MAC, UUID (in either byte order), serial or address.
void check_identities(const std::vector<WrittenHost>& hosts, base::Diagnostics& problems);

/// Profiles and dhcp.unknown_hosts name profiles that there are and that can be served, every name in an argument
/// stands for something on every host that is served it, and its value can stand on a kernel line.
void check_plans(const Written& written, const Plans& plans, base::Diagnostics& problems);

/// Of two [[machines]] that one machine could fit, one is the more specific.
void check_rules(const std::vector<WrittenRule>& rules, base::Diagnostics& problems);

/// A profile that writes disks is not for machines that nobody names. Warns of hosts that nobody could log in to when
/// our own answers have installed them.
void check_installs(const Written& written, const Plans& plans, base::Diagnostics& problems);

/// Every host that has a table k3s, of its own or its profile's, could start K3s by it.
void check_k3s(const Written& written, const Plans& plans, base::Diagnostics& problems);

/// Warns of hosts that insist on Secure Boot and whose GRUB may not find us.
void check_secure_boot(const Written& written, const Plans& plans, base::Diagnostics& problems);

}  // namespace musterd::profiles
