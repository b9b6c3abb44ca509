#pragma once

#include "server/app/doctor/observations.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace musterd::app::doctor {

enum class Severity { ok, warning, problem };
std::string_view to_string(Severity severity);

/// One check's result. `seen` is one sentence with the facts; `why` says what it costs, and `cure` what to do, both
/// empty when all is well. Lines of `cure` that begin with two spaces are to be typed as they stand.
struct Finding {
    std::string id;
    Severity severity = Severity::ok;
    std::string seen;
    std::string why;
    std::vector<std::string> cure;
};
using Findings = std::vector<Finding>;

/// Judges what was seen. Ids are stable:
/// ok             configuration server interface ports loaders lan-dhcp offers boot-port tftp http vantage
/// configuration  configuration-errors configuration-warnings no-hosts dhcp-off
/// this host      server-not-running interface-absent interface-down interface-no-address port-taken
/// loaders        loader-missing loader-corrupt loaders-unlisted
/// the LAN        no-lan-dhcp lan-boot-file lan-option-43 lan-option-60 lan-next-server second-proxy secure-boot-server
/// our service    no-own-offer offer-partial offer-not-seen boot-port-unanswered tftp-unanswered tftp-file-missing
///                http-unanswered http-file-missing server-unreachable
/// asking         not-checked
Findings diagnose(const Observations& seen);

/// Parts of diagnose(), a file each.
void judge_host(const Observations& seen, Findings& findings);
void judge_resources(const Observations& seen, Findings& findings);
void judge_lan(const Observations& seen, Findings& findings);
void judge_service(const Observations& seen, Findings& findings);

/// No finding is a problem.
bool healthy(const Findings& findings);

}  // namespace musterd::app::doctor
