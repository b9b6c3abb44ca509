// Whether what we serve reaches who asks: offers, port 4011, TFTP, HTTP.
#include "server/app/doctor/cures.hpp"
#include "server/app/doctor/diagnose.hpp"
#include "server/app/doctor/offers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace musterd::app::doctor {

namespace {

constexpr std::array boot_questions{Question::bios_pxe, Question::uefi_pxe, Question::http_boot};

const Offer* our_offer(const Observations& seen, const std::string& interface, Question question) {
    for (const auto& offer : seen.offers) {
        const bool asked = offer.interface == interface && offer.question == question;
        if (asked && is_ours(seen, offer)) return &offer;
    }
    return nullptr;
}

/// What one interface heard of us.
struct Heard {
    std::vector<std::string> offered;
    std::vector<std::string_view> without;
};

Heard heard_on(const Observations& seen, const std::string& interface) {
    Heard heard;
    for (const auto question : boot_questions) {
        if (const auto* offer = our_offer(seen, interface, question)) {
            heard.offered.push_back(fmt::format("{} to {}", file_of(offer->packet), to_string(question)));
        } else {
            heard.without.push_back(to_string(question));
        }
    }
    return heard;
}

void judge_offered(const Heard& heard, const std::string& who, const std::string& interface, Findings& findings) {
    findings.push_back({"offers",
                        Severity::ok,
                        fmt::format("{} offers on {}: {}", who, interface, fmt::join(heard.offered, ", ")),
                        {},
                        {}});
    if (heard.without.empty()) return;
    findings.push_back(
        {"offer-partial",
         Severity::warning,
         fmt::format("{} offers nothing to {} on {}", who, fmt::join(heard.without, " and "), interface),
         "Such machines do not boot. musterd is silent where it has no loader for them, and to HTTP Boot where "
         "secure_boot is \"on\".",
         {"On the server:", "  musterd doctor", "  deploy/loaders DIR   # its folder of loaders"}});
}

void judge_own_offers(const Observations& seen, const InterfaceSeen& interface, Findings& findings) {
    const auto heard = heard_on(seen, interface.name);
    const auto who = "musterd";
    if (!heard.offered.empty()) return judge_offered(heard, who, interface.name, findings);
    auto cure = past_firewall("udp", {67, 69, 4011});
    cure.insert(cure.begin(), {fmt::format("Is {} among network.interfaces? What musterd says of it:", interface.name),
                               "  journalctl -u musterd -n 50", "Is there a firewall on this host?"});
    const bool wanted = interface.wanted || seen.interfaces.size() == 1;
    findings.push_back({"no-own-offer", wanted ? Severity::problem : Severity::warning,
                        fmt::format("musterd runs, but made no offer to doctor's DISCOVERs on {}", interface.name),
                        "Machines on it do not boot.", std::move(cure)});
}

/// A "port unreachable" comes from a host without musterd too, so it does not count.
bool anything_answered(const Observations& seen) {
    const auto tftp = [](const TftpSeen& one) {
        return one.outcome == Outcome::answered || one.outcome == Outcome::refused;
    };
    return seen.boot_port.outcome == Outcome::answered || std::any_of(seen.tftp.begin(), seen.tftp.end(), tftp) ||
           std::any_of(seen.http.begin(), seen.http.end(), [](const HttpSeen& one) { return one.status != 0; });
}

void judge_unreachable(const Observations& seen, Findings& findings) {
    const auto server = seen.remote.to_string();
    const auto http = seen.http.empty() ? std::string{} : fmt::format(" (HTTP: {})", seen.http.front().error);
    findings.push_back({"server-unreachable",
                        Severity::problem,
                        fmt::format("{} answers nothing: no offer, not on 4011, TFTP or HTTP{}", server, http),
                        "It is not there, musterd does not run on it, or a firewall drops all of it.",
                        {fmt::format("  ping -c 3 {}", server), "On the server:", "  musterd doctor"}});
}

void judge_remote_offers(const Observations& seen, const InterfaceSeen& interface, Findings& findings) {
    const auto who = seen.remote.to_string();
    const auto heard = heard_on(seen, interface.name);
    if (!heard.offered.empty()) return judge_offered(heard, who, interface.name, findings);
    const auto lease = std::find_if(seen.offers.begin(), seen.offers.end(), [&](const Offer& offer) {
        return offer.interface == interface.name && !offer.packet.yiaddr.none();
    });
    const bool guarded = lease != seen.offers.end();
    auto cure = past_guards(seen.remote);
    const auto firewall = past_firewall("udp", {67, 69, 4011});
    cure.push_back(fmt::format("On {}: is it musterd that runs there, and does its firewall let DISCOVERs in?", who));
    cure.emplace_back("  musterd doctor");
    cure.insert(cure.end(), firewall.begin(), firewall.end());
    findings.push_back(
        {"offer-not-seen", Severity::problem,
         guarded ? fmt::format("an offer of {} is seen on {}, but none of {}", server_of(*lease).to_string(),
                               interface.name, who)
                 : fmt::format("no offer of {} is seen on {}", who, interface.name),
         guarded ? "Where leases come through and ours do not, a switch lets offers pass from known DHCP servers only "
                   "(DHCP snooping, DHCP guarding), or a firewall on the server drops port 67."
                 : "DISCOVERs do not reach it, its offers do not come back, or it does not make any.",
         std::move(cure)});
}

void judge_offers(const Observations& seen, Findings& findings) {
    const bool looked = seen.server_runs() && seen.server.same_network;
    if (seen.here() && (!looked || !seen.configuration.proxy)) return;
    for (const auto& interface : seen.interfaces) {
        if (interface.asked != Outcome::answered) continue;
        if (seen.here())
            judge_own_offers(seen, interface, findings);
        else
            judge_remote_offers(seen, interface, findings);
    }
}

void judge_boot_port(const Observations& seen, Findings& findings) {
    const auto& port = seen.boot_port;
    const auto server = seen.remote.to_string();
    if (port.outcome == Outcome::not_asked) return;
    if (port.outcome == Outcome::answered) {
        findings.push_back({"boot-port",
                            Severity::ok,
                            fmt::format("{}:4011 tells UEFI to fetch {}", server, file_of(port.answer)),
                            {},
                            {}});
        return;
    }
    findings.push_back({"boot-port-unanswered", Severity::problem,
                        fmt::format("{}:4011 does not answer UEFI's second question: {}", server, port.error),
                        "UEFI PXE takes our offer, asks this port and gives up (PXE-E16, PXE-E55).",
                        past_firewall("udp", {4011})});
}

void judge_tftp(const TftpSeen& tftp, Findings& findings) {
    const auto server = tftp.server.to_string();
    const auto asked = fmt::format("TFTP {}:69, {}", server, tftp.file);
    if (tftp.outcome == Outcome::answered) {
        findings.push_back({"tftp", Severity::ok, fmt::format("{}: {} bytes", asked, tftp.size), {}, {}});
    } else if (tftp.outcome == Outcome::refused) {
        findings.push_back({"tftp-file-missing",
                            Severity::problem,
                            fmt::format("{}: {}", asked, tftp.error),
                            "The offer names this file; firmware ends with PXE-E23 or \"file not found\".",
                            {"On the server:", "  musterd doctor"}});
    } else if (tftp.outcome != Outcome::not_asked) {
        auto cure = past_firewall("udp", {69});
        cure.emplace_back("Each transfer goes on from a new port; for firewalls, NAT and port maps that lose it:");
        cure.emplace_back("  [tftp]");
        cure.emplace_back("  single_port = true");
        findings.push_back({"tftp-unanswered", Severity::problem, fmt::format("{}: {}", asked, tftp.error),
                            "PXE firmware fetches its loader by TFTP (PXE-E18, PXE-E32).", std::move(cure)});
    }
}

void judge_http(const HttpSeen& http, Findings& findings) {
    if (http.outcome == Outcome::answered) {
        findings.push_back({"http", Severity::ok, fmt::format("{}: {} bytes", http.url, http.length), {}, {}});
    } else if (http.status != 0) {
        findings.push_back({"http-file-missing",
                            Severity::problem,
                            fmt::format("{}: status {}", http.url, http.status),
                            "UEFI HTTP Boot, iPXE and GRUB fetch what they boot by HTTP.",
                            {"On the server:", "  musterd doctor"}});
    } else if (http.outcome != Outcome::not_asked) {
        findings.push_back({"http-unanswered", Severity::problem, fmt::format("{}: {}", http.url, http.error),
                            "UEFI HTTP Boot, iPXE and GRUB fetch what they boot by HTTP.",
                            past_firewall("tcp", {http.port})});
    }
}

void judge_asking(const Observations& seen, Findings& findings) {
    for (const auto& interface : seen.interfaces) {
        const auto asked = interface.asked;
        if (asked == Outcome::answered || asked == Outcome::not_asked) continue;
        Finding finding{"not-checked", Severity::warning, {}, {}, {"  sudo musterd doctor"}};
        finding.seen = fmt::format("nobody was asked on {}: {}", interface.name, interface.error);
        finding.why = "Offers come to port 68. Other DHCP servers and proxies, and our own offers, were not looked at.";
        if (asked == Outcome::taken) {
            finding.cure = {
                "A DHCP client of this host holds the port; stop it for a moment, or run doctor on another "
                "machine of this LAN:",
                "  ss -lunp 'sport = :68'", "  musterd doctor --server ADDRESS"};
            for (const auto& holder : seen.client_port)
                if (holder.pid != 0)
                    finding.seen += fmt::format(" (held by {}, process {})", holder.program, holder.pid);
        }
        findings.push_back(std::move(finding));
    }
}

}  // namespace

void judge_service(const Observations& seen, Findings& findings) {
    judge_asking(seen, findings);
    const bool offered =
        std::any_of(seen.offers.begin(), seen.offers.end(), [&](const Offer& offer) { return is_ours(seen, offer); });
    if (!seen.here() && !offered && !anything_answered(seen)) return judge_unreachable(seen, findings);
    judge_offers(seen, findings);
    judge_boot_port(seen, findings);
    for (const auto& tftp : seen.tftp)
        judge_tftp(tftp, findings);
    for (const auto& http : seen.http)
        judge_http(http, findings);
    if (!seen.here() || !seen.server_runs() || !seen.server.same_network) return;
    const auto address = seen.interfaces.empty() ? std::string("ADDRESS") : seen.interfaces.front().address.to_string();
    findings.push_back({"vantage",
                        Severity::ok,
                        fmt::format("asked from the server itself: firewalls and switches in between are seen from "
                                    "another machine, by musterd doctor --server {}",
                                    address),
                        {},
                        {}});
}

}  // namespace musterd::app::doctor
