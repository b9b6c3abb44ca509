#include "server/app/doctor/diagnose.hpp"

#include "dhcp/options.hpp"

#include <algorithm>

namespace musterd::app::doctor {

std::string_view to_string(Question question) {
    switch (question) {
        case Question::plain:
            return "an operating system";
        case Question::bios_pxe:
            return "BIOS PXE";
        case Question::uefi_pxe:
            return "UEFI PXE";
        case Question::http_boot:
            return "UEFI HTTP Boot";
    }
    return "unknown";
}

std::string_view to_string(Severity severity) {
    switch (severity) {
        case Severity::ok:
            return "ok";
        case Severity::warning:
            return "warning";
        case Severity::problem:
            return "problem";
    }
    return "unknown";
}

base::Ipv4 server_of(const Offer& offer) {
    return dhcp::server_identifier(offer.packet).value_or(offer.from.address);
}

bool is_ours(const Observations& seen, const Offer& offer) {
    if (!offer.packet.yiaddr.none()) return false;
    if (!seen.here()) return server_of(offer) == seen.remote || offer.from.address == seen.remote;
    // Without a server of ours on this host, a proxy's offer from one of its addresses is somebody else's.
    const auto& own = seen.own_addresses;
    const bool may_run = seen.server_runs() || seen.server.socket == Outcome::not_permitted;
    return may_run && std::find(own.begin(), own.end(), server_of(offer)) != own.end();
}

Findings diagnose(const Observations& seen) {
    Findings findings;
    judge_host(seen, findings);
    if (seen.here()) judge_resources(seen, findings);
    judge_lan(seen, findings);
    judge_service(seen, findings);
    return findings;
}

bool healthy(const Findings& findings) {
    const auto bad = [](const Finding& finding) { return finding.severity == Severity::problem; };
    return std::none_of(findings.begin(), findings.end(), bad);
}

}  // namespace musterd::app::doctor
