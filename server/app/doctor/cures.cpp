#include "server/app/doctor/cures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

namespace musterd::app::doctor {

namespace {

// RouterOS: an unset property is written !NAME, as its verbose export has it; an empty list is "".
// dnsmasq(8), Kea's ARM ("dhcp4-srv", standard options) and OPNsense's forms are where the other names come from.

std::string routeros_network(const OtherServer& server) {
    return server.network.empty() ? std::string("[find]") : fmt::format("[find address={}]", server.network);
}

std::string at(const OtherServer& server) {
    return server.network.empty() ? fmt::format("On {}:", server.address.to_string())
                                  : fmt::format("On {}, for {}:", server.address.to_string(), server.network);
}

std::string dnsmasq_boot(const std::string& file, base::Ipv4 next_server) {
    return "dhcp-boot=" + file + (next_server.none() ? std::string() : ",," + next_server.to_string());
}

constexpr const char* dnsmasq_restart = "  systemctl restart dnsmasq";
constexpr const char* kea_restart = "  kea-dhcp4 -t /etc/kea/kea-dhcp4.conf && systemctl restart kea-dhcp4-server";
constexpr const char* kea_where =
    "Kea, /etc/kea/kea-dhcp4.conf: delete this wherever it stands (global, shared-networks, subnet4, pools, "
    "client-classes, reservations), then restart:";

struct OptionNames {
    const char* dnsmasq;  ///< what greps its lines
    const char* kea;
    const char* opnsense;
};

OptionNames names_of(std::uint8_t code) {
    switch (code) {
        case 43:
            return {"43|vendor:|service|prompt", "vendor-encapsulated-options", "option 43"};
        case 60:
            return {"60|vendor-class|PXEClient|HTTPClient|service", "vendor-class-identifier", "option 60"};
        case 66:
            return {"66|tftp-server", "tftp-server-name", "\"TFTP server\" and option 66"};
        default:
            return {"67|boot", "boot-file-name", "\"TFTP bootfile name\" and option 67"};
    }
}

void add_dnsmasq_grep(Cure& cure, const std::string& words) {
    cure.push_back(fmt::format("  grep -rnE '^(dhcp|pxe)-.*({})' /etc/dnsmasq.conf /etc/dnsmasq.d", words));
    cure.emplace_back(dnsmasq_restart);
}

void add_kea(Cure& cure, const std::string& line) {
    cure.emplace_back(kea_where);
    cure.push_back("  " + line);
    cure.emplace_back(kea_restart);
}

}  // namespace

Cure without_boot_file(const OtherServer& server, const std::string& file, base::Ipv4 next_server) {
    Cure cure{at(server), "RouterOS:"};
    cure.push_back(
        fmt::format("  /ip dhcp-server network set {} !next-server boot-file-name=\"\"", routeros_network(server)));
    cure.emplace_back("  /ip dhcp-server option print where code=66 or code=67");
    cure.push_back(fmt::format("dnsmasq: delete the line {} (or dhcp-option=67,…), then restart:",
                               dnsmasq_boot(file, next_server)));
    add_dnsmasq_grep(cure, "boot|66|67|tftp-server");
    add_kea(cure, fmt::format("\"boot-file-name\": \"{}\"{}", file,
                              next_server.none() ? std::string()
                                                 : fmt::format(", \"next-server\": \"{}\"", next_server.to_string())));
    cure.emplace_back(
        "OPNsense: ISC DHCPv4 > the LAN > Network booting: untick \"Enable network booting\". Kea DHCPv4 > Subnets: "
        "empty \"Next server\", \"TFTP server\" and \"TFTP bootfile name\". Dnsmasq: delete the DHCP boot entry.");
    return cure;
}

Cure without_next_server(const OtherServer& server, base::Ipv4 next_server) {
    Cure cure{at(server), "RouterOS:"};
    cure.push_back(fmt::format("  /ip dhcp-server network set {} !next-server", routeros_network(server)));
    cure.push_back(fmt::format("dnsmasq: delete the line {}, then restart:", dnsmasq_boot("", next_server)));
    add_dnsmasq_grep(cure, "boot|66|tftp-server");
    add_kea(cure, fmt::format("\"next-server\": \"{}\"", next_server.to_string()));
    cure.emplace_back(
        "OPNsense: ISC DHCPv4 > the LAN > Network booting: empty \"Next-server\". Kea DHCPv4 > Subnets: empty \"Next "
        "server\". Dnsmasq: delete the DHCP boot entry.");
    return cure;
}

Cure without_option(const OtherServer& server, std::uint8_t code, const std::string& value) {
    const auto names = names_of(code);
    Cure cure{at(server), "RouterOS (leases and servers too may name the option or its set):"};
    cure.push_back(fmt::format("  /ip dhcp-server option print where code={}", code));
    cure.push_back(
        fmt::format("  /ip dhcp-server network set {} dhcp-option=\"\" !dhcp-option-set", routeros_network(server)));
    cure.push_back(fmt::format("  /ip dhcp-server option remove [find code={}]", code));
    cure.push_back(
        fmt::format("dnsmasq: delete the line dhcp-option={},{} (or dhcp-option-force=, pxe-service=), then "
                    "restart:",
                    code, value.empty() ? "…" : value));
    add_dnsmasq_grep(cure, names.dnsmasq);
    add_kea(cure, fmt::format("\"option-data\": [ {{ \"name\": \"{}\", … }} ]", names.kea));
    cure.push_back(
        fmt::format("OPNsense: delete {} of the LAN: ISC DHCPv4 > Additional options, Kea DHCPv4 > Subnets, "
                    "Dnsmasq > DHCP options.",
                    names.opnsense));
    return cure;
}

Cure with_next_server(const OtherServer& server, base::Ipv4 ours) {
    const auto us = ours.to_string();
    Cure cure{at(server), "RouterOS:"};
    cure.push_back(fmt::format("  /ip dhcp-server network set {} next-server={} boot-file-name=\"\"",
                               routeros_network(server), us));
    cure.emplace_back("dnsmasq, in /etc/dnsmasq.conf (the file's name stays empty), then restart:");
    cure.push_back("  " + dnsmasq_boot("", ours));
    cure.emplace_back("Kea, in the subnet4 entry of /etc/kea/kea-dhcp4.conf:");
    cure.push_back(fmt::format("  \"next-server\": \"{}\",", us));
    cure.push_back(fmt::format("OPNsense: Kea DHCPv4 > Subnets > Next server: {}", us));
    return cure;
}

Cure without_proxy(base::Ipv4 address) {
    const auto server = address.to_string();
    Cure cure{fmt::format("Turn it off on {}, or let it serve another network.", server)};
    cure.emplace_back("dnsmasq: delete the lines dhcp-range=…,proxy and pxe-service=…, then restart:");
    add_dnsmasq_grep(cure, "range=.*proxy|service|prompt");
    cure.emplace_back("Windows Deployment Services:");
    cure.emplace_back("  wdsutil /Set-Server /AnswerClients:None");
    cure.emplace_back("Another musterd, FOG, netboot.xyz, iVentoy, Tinkerbell: stop its service or container there.");
    return cure;
}

Cure past_guards(base::Ipv4 ours) {
    const auto server = ours.to_string();
    return {
        fmt::format("RouterOS, where the bridge has dhcp-snooping=yes: trust the port towards {}:", server),
        "  /interface bridge port set [find interface=etherN] trusted=yes",
        "Cisco, where DHCP snooping is on:",
        "  interface gigabitEthernet N",
        "  ip dhcp snooping trust",
        fmt::format("UniFi: Networks > DHCP Guarding (DHCP server protection): add {} to the trusted servers.", server),
    };
}

Cure past_firewall(const std::string& protocol, const std::vector<std::uint16_t>& ports) {
    const auto list = fmt::format("{}", fmt::join(ports, ", "));
    Cure cure{"nftables (table and chain as yours are called: nft list ruleset):"};
    cure.push_back(fmt::format("  nft insert rule inet filter input {} dport {{ {} }} accept", protocol, list));
    cure.emplace_back("firewalld, or ufw:");
    for (const auto port : ports) {
        cure.push_back(
            fmt::format("  firewall-cmd --permanent --add-port={}/{} && firewall-cmd --reload", port, protocol));
        cure.push_back(fmt::format("  ufw allow {}/{}", port, protocol));
    }
    return cure;
}

}  // namespace musterd::app::doctor
