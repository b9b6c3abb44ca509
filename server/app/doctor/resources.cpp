// Whether musterd has the ports that it needs, and its loaders whole.
#include "server/app/doctor/cures.hpp"
#include "server/app/doctor/diagnose.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace musterd::app::doctor {

namespace {

std::string holder_text(const Holder& holder) {
    const auto where = fmt::format("{}:{}", holder.address.none() ? "*" : holder.address.to_string(), holder.port);
    if (holder.pid == 0) return fmt::format("a process that only root sees ({})", where);
    return fmt::format("{}, process {} ({})", holder.program, holder.pid, where);
}

std::string holders_text(const std::vector<Holder>& holders) {
    std::vector<std::string> all;
    all.reserve(holders.size());
    for (const auto& holder : holders)
        all.push_back(holder_text(holder));
    return fmt::format("{}", fmt::join(all, "; "));
}

const char* use_of(std::uint16_t port) {
    switch (port) {
        case 67:
            return "DHCP offers";
        case 4011:
            return "UEFI's second question";
        case 69:
            return "TFTP";
        default:
            return "HTTP: boot files, page and API";
    }
}

Cure cure_of(const PortSeen& port, const std::vector<Holder>& others) {
    const auto tool = port.protocol == Protocol::udp ? "  ss -lunp 'sport = :{}'" : "  ss -ltnp 'sport = :{}'";
    const bool dnsmasq =
        std::any_of(others.begin(), others.end(), [](const auto& holder) { return holder.program == "dnsmasq"; });
    Cure cure;
    if (dnsmasq && port.port == 67) {
        return {"dnsmasq shares port 67 with one line in /etc/dnsmasq.conf, then restart both:", "  bind-interfaces",
                "  systemctl restart dnsmasq musterd"};
    }
    if (dnsmasq && port.port == 69) {
        cure = {"dnsmasq: delete the lines enable-tftp and tftp-root=…, then restart both:",
                "  systemctl restart dnsmasq musterd"};
    } else if (dnsmasq && port.port == 4011) {
        cure = {"dnsmasq: delete the lines pxe-service=… and dhcp-range=…,proxy, then restart both:",
                "  systemctl restart dnsmasq musterd"};
    } else {
        for (const auto& holder : others) {
            if (holder.pid == 0) continue;
            cure.push_back(fmt::format("Stop {}:", holder.program));
            cure.push_back(fmt::format("  kill {}", holder.pid));
        }
    }
    if (port.protocol == Protocol::tcp) cure.emplace_back("Or give musterd another port: network.http_port.");
    cure.push_back(fmt::format(fmt::runtime(tool), port.port));
    return cure;
}

/// While no server runs we tried to bind the port; while one runs, it must be among the holders.
bool is_free_for_us(const Observations& seen, const PortSeen& port) {
    if (!seen.server_runs()) return port.bound != Outcome::taken;
    const auto ours = [&](const Holder& holder) { return holder.pid == seen.server.pid; };
    return seen.server.pid == 0 || std::any_of(port.holders.begin(), port.holders.end(), ours);
}

bool all_holders_known(const PortSeen& port) {
    return std::none_of(port.holders.begin(), port.holders.end(), [](const auto& holder) { return holder.pid == 0; });
}

void judge_port(const Observations& seen, const PortSeen& port, Findings& findings) {
    auto others = port.holders;
    std::erase_if(others, [&](const Holder& holder) { return seen.server_runs() && holder.pid == seen.server.pid; });
    const auto* protocol = port.protocol == Protocol::udp ? "UDP" : "TCP";
    Finding finding{"port-taken", Severity::problem, {}, {}, cure_of(port, others)};
    finding.seen = others.empty() ? fmt::format("musterd does not listen on {} port {}", protocol, port.port)
                                  : fmt::format("{} port {} is held by {}", protocol, port.port, holders_text(others));
    finding.why = fmt::format("musterd needs it for {}.", use_of(port.port));
    if (others.empty())
        finding.cure = {"What it says of the port when it starts or looks again:", "  journalctl -u musterd -n 50"};
    findings.push_back(std::move(finding));
}

void judge_ports(const Observations& seen, Findings& findings) {
    const auto before = findings.size();
    bool known = true;
    for (const auto& port : seen.ports) {
        const bool free = is_free_for_us(seen, port);
        const bool telling = seen.server_runs() ? all_holders_known(port) : port.bound != Outcome::not_permitted;
        if (!free && telling) judge_port(seen, port, findings);
        known = known && (telling || (free && seen.server_runs()));
    }
    if (!known) {
        findings.push_back({"not-checked",
                            Severity::warning,
                            "who holds the ports that musterd needs is seen by root only",
                            "A port held by another program stops musterd.",
                            {"  sudo musterd doctor"}});
    }
    if (!known || seen.ports.empty() || findings.size() != before) return;
    std::vector<std::uint16_t> numbers;
    numbers.reserve(seen.ports.size());
    for (const auto& port : seen.ports)
        numbers.push_back(port.port);
    findings.push_back({"ports",
                        Severity::ok,
                        fmt::format("ports {} are {}", fmt::join(numbers, ", "), seen.server_runs() ? "ours" : "free"),
                        {},
                        {}});
}

std::string machines_of(const LoaderSeen& file) {
    return file.needed_by.empty() ? std::string("Machines that are told to fetch it")
                                  : fmt::format("Machines of {}", file.needed_by);
}

/// What is lost or broken, one finding each; adds the names of the others to these lists.
struct LoaderNames {
    std::vector<std::string> good;
    std::vector<std::string> unlisted;  ///< there, but in no manifest
    std::vector<std::string> never;     ///< not there, and nobody gathered it
    std::vector<std::string> rare;      ///< likewise, for processors that few have
};

void judge_loader(const LoadersSeen& loaders, const LoaderSeen& file, LoaderNames& names, Findings& findings) {
    const auto folder = loaders.folder.string();
    Finding finding{{}, Severity::problem, {}, {}, {fmt::format("  deploy/loaders {}", folder)}};
    const bool gathered = file.digest != Digest::not_listed;
    if (!file.present && !gathered && file.need != Need::host) {
        return (file.need == Need::rare ? names.rare : names.never).push_back(file.name);
    }
    if (!file.present) {
        finding.id = "loader-missing";
        finding.seen =
            fmt::format("{} is not in {}{}", file.name, folder, gathered ? ", but its manifest lists it" : "");
        finding.why = machines_of(file) + " have nothing to start with, so they are not answered.";
    } else if (file.digest == Digest::wrong || file.digest == Digest::unreadable) {
        const auto* what = file.digest == Digest::wrong ? "is not what the manifest says (SHA-256)" : "cannot be read";
        finding.id = "loader-corrupt";
        finding.seen = fmt::format("{}/{} {}", folder, file.name, what);
        finding.why = machines_of(file) + " stop after they have fetched it, or refuse it.";
    } else {
        return (file.digest == Digest::right ? names.good : names.unlisted).push_back(file.name);
    }
    findings.push_back(std::move(finding));
}

void judge_loaders(const LoadersSeen& loaders, Findings& findings) {
    if (loaders.folder.empty()) return;
    const auto folder = loaders.folder.string();
    const Cure gather{fmt::format("  deploy/loaders {}", folder)};
    LoaderNames names;
    for (const auto& file : loaders.files)
        judge_loader(loaders, file, names, findings);
    if (!names.never.empty()) {
        // That nobody gathered it may mean that nobody has such machines; without a single one nothing boots.
        const bool none = names.good.empty() && names.unlisted.empty();
        findings.push_back({"loader-missing", none ? Severity::problem : Severity::warning,
                            fmt::format("not in {}: {}", folder, fmt::join(names.never, ", ")),
                            "Machines that start with them have nothing to start with, so they are not answered.",
                            gather});
    }
    if (!names.unlisted.empty()) {
        findings.push_back({"loaders-unlisted", Severity::warning,
                            fmt::format("in no manifest in {}: {}", folder, fmt::join(names.unlisted, ", ")),
                            "Whether they are whole cannot be told.", gather});
    }
    if (names.good.empty()) return;
    const auto without = names.rare.empty() ? std::string{} : fmt::format("; without {}", fmt::join(names.rare, ", "));
    findings.push_back({"loaders",
                        Severity::ok,
                        fmt::format("whole, in {}: {}{}", folder, fmt::join(names.good, ", "), without),
                        {},
                        {}});
}

}  // namespace

void judge_resources(const Observations& seen, Findings& findings) {
    judge_ports(seen, findings);
    judge_loaders(seen.loaders, findings);
}

}  // namespace musterd::app::doctor
