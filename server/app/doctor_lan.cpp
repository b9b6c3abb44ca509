// Who else answers on this LAN, and what that does to a boot (facts of PxeBcDhcp4.c, HttpBootDhcp4.c, ipxe
// core/settings.c, shim netboot.c: who wins when two name a boot file).
#include "dhcp/options.hpp"
#include "server/app/doctor_cures.hpp"
#include "server/app/doctor_diagnose.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <map>

namespace musterd::app::doctor {

namespace {

using dhcp::Option;
constexpr auto subnet_mask = static_cast<Option>(1);

std::string text_option(const dhcp::Packet& packet, Option code) {
    const auto data = packet.options.get(code);
    if (!data) return {};
    const auto text = base::as_text(*data);
    return std::string(text.substr(0, text.find('\0')));
}

std::string file_of(const dhcp::Packet& packet) {
    return packet.file.empty() ? text_option(packet, Option::bootfile_name) : packet.file;
}

std::string boot_class_of(const dhcp::Packet& packet) {
    auto name = dhcp::vendor_class(packet);
    return name.starts_with("PXEClient") || name.starts_with("HTTPClient") ? name : std::string{};
}

std::string vendor_bytes_of(const dhcp::Packet& packet) {
    const auto data = packet.options.get(Option::vendor_specific_information);
    return data ? base::to_hex(*data) : std::string{};
}

std::string network_of(const dhcp::Packet& packet) {
    const auto mask = packet.options.get(subnet_mask);
    if (!mask || mask->size() != 4) return {};
    base::ByteReader reader(*mask);
    const auto bits = reader.u32();
    return fmt::format("{}/{}", base::Ipv4(packet.yiaddr.value() & bits).to_string(), std::popcount(bits));
}

/// One server's offers.
class LanServer {
public:
    explicit LanServer(std::vector<const Offer*> offers) : offers_(std::move(offers)) {}

    [[nodiscard]] OtherServer other() const {
        return {server_of(*offers_.front()), network_of(offers_.front()->packet)};
    }
    [[nodiscard]] std::string name() const { return server_of(*offers_.front()).to_string(); }
    [[nodiscard]] const Offer& first() const { return *offers_.front(); }

    using Read = std::function<std::string(const dhcp::Packet&)>;
    /// The first value that is not empty.
    [[nodiscard]] std::string value(const Read& read) const {
        for (const auto* offer : offers_)
            if (auto text = read(offer->packet); !text.empty()) return text;
        return {};
    }
    /// "snponly.efi" when all got it, else "snponly.efi to UEFI PXE, undionly.kpxe to BIOS PXE".
    [[nodiscard]] std::string told(const Read& read) const {
        std::map<std::string, std::vector<std::string_view>> by_value;
        for (const auto* offer : offers_)
            by_value[read(offer->packet)].push_back(to_string(offer->question));
        if (by_value.size() == 1) return by_value.begin()->first;
        std::vector<std::string> parts;
        for (const auto& [text, asked] : by_value)
            if (!text.empty()) parts.push_back(fmt::format("{} to {}", text, fmt::join(asked, " and ")));
        return fmt::format("{}", fmt::join(parts, ", "));
    }
    /// siaddr, when it is neither zero nor the server itself.
    [[nodiscard]] base::Ipv4 next_server() const {
        for (const auto* offer : offers_) {
            const auto next = offer->packet.siaddr;
            if (!next.none() && next != server_of(*offer) && next != offer->from.address) return next;
        }
        return {};
    }

private:
    std::vector<const Offer*> offers_;
};

using Keep = std::function<bool(const Offer&)>;
std::vector<LanServer> servers(const Observations& seen, const Keep& keep) {
    std::map<base::Ipv4, std::vector<const Offer*>> by_server;
    for (const auto& offer : seen.offers)
        if (keep(offer)) by_server[server_of(offer)].push_back(&offer);
    std::vector<LanServer> all;
    for (auto& [address, offers] : by_server)
        all.emplace_back(std::move(offers));
    return all;
}

bool is_us(const Observations& seen, base::Ipv4 address) {
    if (!seen.here()) return address == seen.remote;
    return std::find(seen.own_addresses.begin(), seen.own_addresses.end(), address) != seen.own_addresses.end();
}

void judge_file(const Observations& seen, const LanServer& lan, Findings& findings) {
    const auto file = lan.value(file_of);
    if (file.empty()) return;
    const auto next = lan.next_server();
    Finding finding{"lan-boot-file", Severity::problem, {}, {}, without_boot_file(lan.other(), file, next)};
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

void judge_class(const LanServer& lan, Findings& findings) {
    const auto name = lan.value(boot_class_of);
    if (name.empty()) return;
    Finding finding{"lan-option-60", Severity::problem, {}, {}, without_option(lan.other(), 60, name)};
    finding.seen = fmt::format("DHCP server {} sends option 60: {}", lan.name(), lan.told(boot_class_of));
    finding.why =
        "By this it says that it is the boot server: UEFI (PXE and HTTP Boot) takes its offer before ours, and ROMs "
        "ask its port 4011 and end with PXE-E55.";
    findings.push_back(std::move(finding));
}

void judge_vendor_options(const LanServer& lan, Findings& findings) {
    const auto bytes = lan.value(vendor_bytes_of);
    if (bytes.empty()) return;
    Finding finding{"lan-option-43", Severity::warning, {}, {}, without_option(lan.other(), 43, {})};
    finding.seen = fmt::format("DHCP server {} sends option 43: {}", lan.name(), lan.told(vendor_bytes_of));
    finding.why =
        "Boot ROMs may read it as a boot menu or as orders where to look for servers. If access points or telephones "
        "need it, let the server send it to their vendor class only.";
    findings.push_back(std::move(finding));
}

void judge_next_server(const Observations& seen, const LanServer& lan, Findings& findings) {
    if (!lan.value(file_of).empty()) return;  // told with the file
    const auto read_name = [](const dhcp::Packet& packet) { return text_option(packet, Option::tftp_server_name); };
    const auto next = lan.next_server();
    const auto name = lan.value(read_name);
    const auto named = base::Ipv4::parse(name);
    const bool name_is_us = named && is_us(seen, *named);
    if (!name.empty() && !name_is_us) {
        findings.push_back({"lan-next-server", Severity::warning,
                            fmt::format("DHCP server {} sends option 66, a TFTP server: {}", lan.name(), name),
                            "U-Boot, GRUB and Raspberry Pis take their files from it, not from us.",
                            without_option(lan.other(), 66, name)});
    }
    if (next.none() || is_us(seen, next)) return;
    findings.push_back({"lan-next-server", Severity::warning,
                        fmt::format("DHCP server {} sends next-server (siaddr) {}", lan.name(), next.to_string()),
                        "U-Boot and signed GRUB ask that address for their files and configuration, and iPXE's "
                        "${next-server} is it.",
                        without_next_server(lan.other(), next)});
}

base::Ipv4 our_address_on(const Observations& seen, const std::string& name) {
    const auto found = std::find_if(seen.interfaces.begin(), seen.interfaces.end(),
                                    [&name](const InterfaceSeen& interface) { return interface.name == name; });
    return found == seen.interfaces.end() ? base::Ipv4{} : found->address;
}

void judge_secure_boot(const Observations& seen, const std::vector<LanServer>& lans, Findings& findings) {
    const auto& hosts = seen.configuration.secure_hosts;
    if (hosts.empty()) return;
    for (const auto& lan : lans) {
        if (is_us(seen, lan.next_server())) continue;
        auto cure = with_next_server(lan.other(), our_address_on(seen, lan.first().interface));
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
        "One that leases only to machines that it knows (RouterOS address-pool=static-only, dnsmasq "
        "dhcp-range=…,static) does not answer doctor: then this says nothing.",
        "A firewall on this host may drop the offers: UDP from port 67 to 68 must come in.",
    };
    findings.push_back(std::move(finding));
}

void judge_proxies(const Observations& seen, Findings& findings) {
    const auto foreign = [&seen](const Offer& offer) { return offer.packet.yiaddr.none() && !is_ours(seen, offer); };
    for (const auto& proxy : servers(seen, foreign)) {
        const auto file = proxy.told(file_of);
        Finding finding{"second-proxy", Severity::problem, {}, {}, without_proxy(proxy.other().address)};
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
    const auto lans = servers(seen, [](const Offer& offer) { return !offer.packet.yiaddr.none(); });
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
