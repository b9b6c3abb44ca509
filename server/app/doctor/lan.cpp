// Who else answers on this LAN, and what that does to a boot (facts of PxeBcDhcp4.c, HttpBootDhcp4.c, ipxe
// core/settings.c, shim netboot.c: who wins when two name a boot file).
#include "server/app/doctor/cures.hpp"
#include "server/app/doctor/diagnose.hpp"
#include "server/app/doctor/offers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace musterd::app::doctor {

namespace {

bool is_us(const Observations& seen, base::Ipv4 address) {
    if (!seen.here()) return address == seen.remote;
    return std::find(seen.own_addresses.begin(), seen.own_addresses.end(), address) != seen.own_addresses.end();
}

void judge_file(const Observations& seen, const OffersOfOne& lan, Findings& findings) {
    const auto file = lan.value(file_of);
    if (file.empty()) return;
    const auto next = lan.next_server();
    Finding finding{"lan-boot-file", Severity::problem, {}, {}, without_boot_file(lan.server(), file, next)};
    finding.seen = fmt::format("DHCP server {} names a boot file: {}{}", lan.name(), lan.told(file_of),
                               next.none() ? "" : ", on next-server " + next.to_string());
    finding.why =
        "shim, U-Boot and iPXE without our priority take this file before ours, BIOS ROMs take either; machines then "
        "boot from there, or end with \"file not found\". UEFI PXE alone prefers ours.";
    if (is_us(seen, next)) {
        finding.severity = Severity::warning;
        finding.why =
            "It sends machines to us, but the same file whatever they are: iPXE is given its own loader again, and "
            "other architectures one that they cannot run. Our own offers know better.";
    }
    findings.push_back(std::move(finding));
}

void judge_class(const OffersOfOne& lan, Findings& findings) {
    const auto name = lan.value(boot_class_of);
    if (name.empty()) return;
    Finding finding{"lan-option-60", Severity::problem, {}, {}, without_option(lan.server(), 60, name)};
    finding.seen = fmt::format("DHCP server {} sends option 60: {}", lan.name(), lan.told(boot_class_of));
    finding.why =
        "By this it says that it is the boot server: UEFI (PXE and HTTP Boot) takes its offer before ours, and ROMs "
        "ask its port 4011 and end with PXE-E55.";
    findings.push_back(std::move(finding));
}

void judge_vendor_options(const OffersOfOne& lan, Findings& findings) {
    const auto bytes = lan.value(vendor_bytes_of);
    if (bytes.empty()) return;
    Finding finding{"lan-option-43", Severity::warning, {}, {}, without_option(lan.server(), 43, {})};
    finding.seen = fmt::format("DHCP server {} sends option 43: {}", lan.name(), lan.told(vendor_bytes_of));
    finding.why =
        "Boot ROMs may read it as a boot menu or as orders where to look for servers. If access points or telephones "
        "need it, let the server send it to their vendor class only.";
    findings.push_back(std::move(finding));
}

void judge_next_server(const Observations& seen, const OffersOfOne& lan, Findings& findings) {
    if (!lan.value(file_of).empty()) return;  // told with the file
    const auto next = lan.next_server();
    const auto name = lan.value(tftp_server_name_of);
    const auto named = base::Ipv4::parse(name);
    const bool name_is_us = named && is_us(seen, *named);
    if (!name.empty() && !name_is_us) {
        findings.push_back({"lan-next-server", Severity::warning,
                            fmt::format("DHCP server {} sends option 66, a TFTP server: {}", lan.name(), name),
                            "U-Boot, GRUB and Raspberry Pis take their files from it, not from us.",
                            without_option(lan.server(), 66, name)});
    }
    if (next.none() || is_us(seen, next)) return;
    findings.push_back({"lan-next-server", Severity::warning,
                        fmt::format("DHCP server {} sends next-server (siaddr) {}", lan.name(), next.to_string()),
                        "U-Boot and signed GRUB ask that address for their files and configuration, and iPXE's "
                        "${next-server} is it.",
                        without_next_server(lan.server(), next)});
}

base::Ipv4 our_address_on(const Observations& seen, const std::string& name) {
    const auto found = std::find_if(seen.interfaces.begin(), seen.interfaces.end(),
                                    [&name](const InterfaceSeen& interface) { return interface.name == name; });
    return found == seen.interfaces.end() ? base::Ipv4{} : found->address;
}

void judge_secure_boot(const Observations& seen, const std::vector<OffersOfOne>& lans, Findings& findings) {
    const auto& hosts = seen.configuration.secure_hosts;
    if (hosts.empty()) return;
    for (const auto& lan : lans) {
        if (lan.names_as_next([&](base::Ipv4 next) { return is_us(seen, next); })) continue;
        auto cure = with_next_server(lan.server(), our_address_on(seen, lan.first().interface));
        cure.emplace_back("Or give each of these hosts an address of ours: address = \"…\" in its [[host]].");
        findings.push_back(
            {"secure-boot-server", Severity::problem,
             fmt::format("DHCP server {} does not name us as next-server, which {} need", lan.name(),
                         fmt::join(hosts, ", ")),
             "Under Secure Boot the signed GRUB finds its server by the lease's next-server only; without it the "
             "machine stops at grub>.",
             std::move(cure)});
    }
}

void judge_leases(const Observations& seen, const InterfaceSeen& interface, Findings& findings) {
    if (interface.asked != Outcome::answered) return;
    const auto leases = [&](const Offer& offer) {
        return offer.interface == interface.name && !offer.packet.yiaddr.none();
    };
    if (std::any_of(seen.offers.begin(), seen.offers.end(), leases)) return;
    const auto& configuration = seen.configuration;
    if (configuration.hosts > 0 && configuration.leased_hosts == configuration.hosts) {
        findings.push_back(
            {"lan-dhcp",
             Severity::ok,
             fmt::format("no other DHCP server on {}; every host has an address of ours", interface.name),
             {},
             {}});
        return;
    }
    const auto elsewhere =
        std::any_of(seen.offers.begin(), seen.offers.end(), [](const auto& o) { return !o.packet.yiaddr.none(); });
    Finding finding;
    finding.id = "no-lan-dhcp";
    finding.severity = elsewhere && !interface.wanted ? Severity::warning : Severity::problem;
    finding.seen = fmt::format("no DHCP server offered an address on {} within {:.1f} s", interface.name,
                               static_cast<double>(seen.listened.count()) / 1000);
    finding.why = "A proxy says what to boot and leases nothing: firmware without an address gives up (PXE-E51, E16).";
    finding.cure = {
        "Connect or start the LAN's DHCP server; then on RouterOS:",
        "  /ip dhcp-server print",
        "Or let musterd lease: in its [[host]], for a machine on this network:",
        "  address = \"10.0.0.7/24\"",
        "One that leases only to machines that it knows (address-pool=static-only) does not answer doctor.",
        "A firewall on this host may drop the offers: UDP from port 67 to 68 must come in.",
    };
    findings.push_back(std::move(finding));
}

void judge_proxies(const Observations& seen, Findings& findings) {
    if (!seen.server.same_network) return;  // it may well be ours
    const auto foreign = [&seen](const Offer& offer) { return offer.packet.yiaddr.none() && !is_ours(seen, offer); };
    for (const auto& proxy : by_server(seen, foreign)) {
        const auto file = proxy.told(file_of);
        Finding finding{"second-proxy", Severity::problem, {}, {}, without_proxy(proxy.server().address)};
        finding.seen = fmt::format(
            "{} is a proxyDHCP server too: it answers {}, {}", proxy.name(), to_string(proxy.first().question),
            file.empty() ? std::string("with a menu, or asks to come to its port 4011") : "with the file " + file);
        finding.why = "Machines take whichever of the two answers first (iPXE, ROMs) or try both in turn (UEFI).";
        findings.push_back(std::move(finding));
    }
}

}  // namespace

void judge_lan(const Observations& seen, Findings& findings) {
    for (const auto& interface : seen.interfaces)
        judge_leases(seen, interface, findings);
    const auto lans = by_server(seen, [](const Offer& offer) { return !offer.packet.yiaddr.none(); });
    for (const auto& lan : lans) {
        const auto before = findings.size();
        judge_file(seen, lan, findings);
        judge_class(lan, findings);
        judge_vendor_options(lan, findings);
        judge_next_server(seen, lan, findings);
        const auto* silent = findings.size() == before ? ", and says nothing of booting" : "";
        findings.insert(findings.begin() + static_cast<std::ptrdiff_t>(before),
                        {"lan-dhcp",
                         Severity::ok,
                         fmt::format("{} leases addresses on {} (it offered {}){}", lan.name(), lan.first().interface,
                                     lan.first().packet.yiaddr.to_string(), silent),
                         {},
                         {}});
    }
    judge_secure_boot(seen, lans, findings);
    judge_proxies(seen, findings);
}

}  // namespace musterd::app::doctor
