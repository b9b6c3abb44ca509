#pragma once

#include "profiles/lookup.hpp"
#include "profiles/secret.hpp"
#include "server/boots/roll.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace musterd::api {

/// What a boot's files and documents are made from.
struct BootMaterial {
    std::shared_ptr<const profiles::Configuration> configuration;
    profiles::SecretTexts secrets;  ///< of its host
};

/// What each boot under way began with, so that a change of the configuration does not reach it halfway. In memory
/// only: after a restart a boot is given what the configuration says then.
class BegunBoots {
public:
    /// In the place of the host's boot before.
    void keep(std::string_view host, std::string_view boot, BootMaterial material);
    /// nullptr: it began before this process did, or is over.
    [[nodiscard]] const BootMaterial* find(std::string_view host, std::string_view boot) const;
    /// Lets go of those that are up or whose host has begun anew, and with them of old configurations.
    void forget_ended(const boots::Roll& roll);

private:
    /// More hosts than anybody has; a machine that no host names may claim any MAC.
    static constexpr std::size_t most = 65536;
    struct Begun {
        std::string boot;
        BootMaterial material;
    };
    std::map<std::string, Begun, std::less<>> by_host_;
};

/// Whether this is its host's last boot and not up yet.
bool is_under_way(const boots::Roll& roll, const boots::Roll::Found& found);

}  // namespace musterd::api
