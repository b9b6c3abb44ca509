// check_secure_boot(): Debian's signed GRUB asks the server that the machine's lease names (siaddr), whoever gave it
// its loader; tried with OVMF and Microsoft's keys. So the lease must be ours, or name us.
#include "profiles/check.hpp"

#include <fmt/format.h>

namespace musterd::profiles {

namespace {

bool insists(const Written& written, const Plans& plans, const Host& host) {
    const auto plan = plans.plans.find(host.profile);
    if (plan == plans.plans.end() || plan->second.action == Action::local) return false;
    auto choices = written.config.config.dhcp.firmware;
    choices.lay_over(plan->second.firmware);
    choices.lay_over(host.firmware);
    return choices.secure_boot == SecureBoot::on;
}

}  // namespace

void check_secure_boot(const Written& written, const Plans& plans, base::Diagnostics& problems) {
    const WrittenHost* first = nullptr;
    std::size_t count = 0;
    for (const auto& each : written.hosts) {
        if (each.host.lease || !insists(written, plans, each.host)) continue;
        if (first == nullptr) first = &each;
        ++count;
    }
    if (first == nullptr) return;
    const auto others = count == 1 ? std::string{} : fmt::format(", and {} more hosts like it", count - 1);
    problems.warning(
        first->host.where,
        fmt::format("{}: secure_boot is \"on\" and the host has no address of ours{}: signed GRUB asks the server that "
                    "its lease names. Set address = \"…/24\", or name musterd's address S, and no boot file, in the "
                    "LAN's DHCP server: RouterOS /ip dhcp-server network set [find] next-server=S; dnsmasq "
                    "dhcp-boot=,,S; Kea \"next-server\": \"S\"",
                    first->path, others));
}

}  // namespace musterd::profiles
