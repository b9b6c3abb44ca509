#pragma once

#include "profiles/config.hpp"
#include "server/base/machine.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace musterd::profiles {

/// What a machine is to do, and why. The pointers live as long as the Configuration that was asked.
struct Choice {
    const Host* host = nullptr;  ///< null: a machine that no host names
    const Plan* plan = nullptr;  ///< null: leave it alone
    std::string reason;          ///< `host "r640" by MAC`, `no host has MAC …; dhcp.unknown_hosts is "ignore"`
};

/// The form in which serials are compared: lower case, since SMBIOS and the label on the box may differ in it.
std::string serial_key(std::string serial);

/// Everything that the files say, checked. Made by load() only, never changed afterwards: pass it about as a
/// shared_ptr<const>, and swap that on reload.
class Configuration {
public:
    Configuration(Config config, std::vector<Host> hosts, std::map<std::string, Plan, std::less<>> plans,
                  std::vector<MachineRule> rules = {});
    Configuration(const Configuration&) = delete;
    Configuration& operator=(const Configuration&) = delete;

    [[nodiscard]] const Config& config() const { return config_; }
    /// Sorted by name.
    [[nodiscard]] const std::vector<Host>& hosts() const { return hosts_; }
    [[nodiscard]] const Host* host(std::string_view name) const;
    /// Of every profile that can be served, built in or written, by name.
    [[nodiscard]] const std::map<std::string, Plan, std::less<>>& plans() const { return plans_; }
    [[nodiscard]] const Plan* plan(std::string_view profile) const;

    /// The host that names this machine: by MAC, else by UUID in either byte order, else by serial (any case).
    [[nodiscard]] const Host* match(const base::Machine& machine) const;
    /// The matching host's plan, else that of the most specific [[machines]] that fits, else what dhcp.unknown_hosts
    /// says.
    [[nodiscard]] Choice plan_for(const base::Machine& machine) const;
    /// The [[dhcp.class]] with the longest prefix of this option 60, nullptr if there is none.
    [[nodiscard]] const VendorClass* vendor_class(std::string_view option60) const;
    /// What [dhcp], the vendor class, the profile and the host say together of how this machine's firmware is served.
    [[nodiscard]] FirmwareChoices firmware_for(const Choice& choice, std::string_view option60) const;
    /// Whether any host has a lease of ours, or a relay is served: then port 67 of our own address matters.
    [[nodiscard]] bool wants_unicast() const { return wants_unicast_; }
    /// Whether any [[machines]] or [[dhcp.class]] asks for what only DHCP tells: vendor class, interface or circuit.
    [[nodiscard]] bool wants_circumstances() const { return wants_circumstances_; }
    /// The most specific first.
    [[nodiscard]] const std::vector<MachineRule>& rules() const { return rules_; }

private:
    struct Identified {
        const Host* host = nullptr;
        std::string_view by;
    };
    [[nodiscard]] Identified identify(const base::Machine& machine) const;

    Config config_;
    std::vector<Host> hosts_;
    std::map<std::string, Plan, std::less<>> plans_;
    std::map<base::Mac, const Host*> by_mac_;
    std::map<base::Uuid, const Host*> by_uuid_;
    std::unordered_map<std::string, const Host*> by_serial_;
    std::vector<MachineRule> rules_;
    bool wants_unicast_ = false;
    bool wants_circumstances_ = false;
};

}  // namespace musterd::profiles
