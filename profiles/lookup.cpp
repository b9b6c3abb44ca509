#include "profiles/lookup.hpp"

#include "profiles/selector.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::profiles {

namespace {

bool by_name(const Host& a, const Host& b) {
    return a.name < b.name;
}

}  // namespace

std::string serial_key(std::string serial) {
    for (auto& c : serial) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return serial;
}

Configuration::Configuration(Config config, std::vector<Host> hosts, std::map<std::string, Plan, std::less<>> plans,
                             std::vector<MachineRule> rules)
    : config_(std::move(config)), hosts_(std::move(hosts)), plans_(std::move(plans)), rules_(std::move(rules)) {
    sort_by_precedence(rules_);
    const auto asks = [](const MachineRule& rule) {
        const auto& selector = rule.selector;
        return !selector.vendor_class.empty() || !selector.interface.empty() || !selector.circuit.empty();
    };
    wants_circumstances_ = !config_.dhcp.classes.empty() || std::ranges::any_of(rules_, asks);
    std::sort(hosts_.begin(), hosts_.end(), by_name);
    wants_unicast_ = !config_.dhcp.relays.empty();
    for (const auto& host : hosts_) {
        for (const auto& mac : host.macs) {
            by_mac_.emplace(mac, &host);
        }
        if (host.uuid) {
            by_uuid_.emplace(*host.uuid, &host);
            by_uuid_.emplace(host.uuid->swapped(), &host);
        }
        wants_unicast_ = wants_unicast_ || host.lease;
        if (!host.serial.empty()) by_serial_.emplace(serial_key(host.serial), &host);
    }
}

const Host* Configuration::host(std::string_view name) const {
    const auto found = std::lower_bound(hosts_.begin(), hosts_.end(), name,
                                        [](const Host& host, std::string_view wanted) { return host.name < wanted; });
    return found != hosts_.end() && found->name == name ? &*found : nullptr;
}

const Plan* Configuration::plan(std::string_view profile) const {
    const auto found = plans_.find(profile);
    return found == plans_.end() ? nullptr : &found->second;
}

/// The MAC comes first: every packet has one, while boards are sold with a UUID or serial that others have too.
Configuration::Identified Configuration::identify(const base::Machine& machine) const {
    const auto mac = by_mac_.find(machine.mac);
    if (mac != by_mac_.end()) return {mac->second, "MAC"};
    if (machine.uuid) {
        const auto uuid = by_uuid_.find(*machine.uuid);
        if (uuid != by_uuid_.end()) return {uuid->second, "UUID"};
    }
    if (machine.serial.empty()) return {};
    const auto serial = by_serial_.find(serial_key(machine.serial));
    return serial != by_serial_.end() ? Identified{serial->second, "serial"} : Identified{};
}

const Host* Configuration::match(const base::Machine& machine) const {
    return identify(machine).host;
}

Choice Configuration::plan_for(const base::Machine& machine) const {
    const auto [host, by] = identify(machine);
    if (host != nullptr) return {host, plan(host->profile), fmt::format("host \"{}\" by {}", host->name, by)};
    const auto fits = [&machine](const MachineRule& rule) { return matches(rule.selector, machine); };
    if (const auto rule = std::ranges::find_if(rules_, fits); rule != rules_.end()) {
        return {
            nullptr, &rule->plan,
            fmt::format("[[machines]] at {}:{} by {}", rule->where.file, rule->where.line, to_string(rule->selector))};
    }
    const auto& unknown_hosts = config_.dhcp.unknown_hosts;
    auto reason =
        fmt::format("no host has MAC {}; dhcp.unknown_hosts is \"{}\"", machine.mac.to_string(), unknown_hosts);
    return {nullptr, unknown_hosts == "ignore" ? nullptr : plan(unknown_hosts), std::move(reason)};
}

const VendorClass* Configuration::vendor_class(std::string_view option60) const {
    const auto matches = [option60](const VendorClass& each) { return option60.starts_with(each.prefix); };
    const auto found = std::ranges::find_if(config_.dhcp.classes, matches);
    return found == config_.dhcp.classes.end() ? nullptr : &*found;
}

FirmwareChoices Configuration::firmware_for(const Choice& choice, std::string_view option60) const {
    auto choices = config_.dhcp.firmware;
    if (const auto* known = vendor_class(option60)) choices.lay_over(known->firmware);
    if (choice.plan != nullptr) choices.lay_over(choice.plan->firmware);
    if (choice.host != nullptr) choices.lay_over(choice.host->firmware);
    return choices;
}

}  // namespace musterd::profiles
