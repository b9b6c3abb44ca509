// What this host itself lacks: configuration, server, interfaces.
#include "server/app/doctor/cures.hpp"
#include "server/app/doctor/diagnose.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace musterd::app::doctor {

namespace {

std::string first_problem(const ConfigurationSeen& configuration) {
    const auto& [where, severity, message] = configuration.problems.front();
    const auto more = configuration.problems.size() - 1;
    const auto place = where.line == 0 ? where.file : fmt::format("{}:{}", where.file, where.line);
    return fmt::format("{}: {}{}", place, message, more == 0 ? "" : fmt::format(" (and {} more)", more));
}

void judge_configuration(const Observations& seen, Findings& findings) {
    const auto& configuration = seen.configuration;
    const auto file = configuration.file.string();
    const Cure check{"  musterd check --config " + file};
    if (!configuration.good) {
        findings.push_back({"configuration-errors", Severity::problem, first_problem(configuration),
                            "musterd does not start with it; one that runs goes on with what it had. What doctor says "
                            "of ports, loaders and the server is left out.",
                            check});
        return;
    }
    const auto what = configuration.exists ? file : file + " is not there: the defaults";
    findings.push_back({"configuration",
                        Severity::ok,
                        fmt::format("{}, {} host{}", what, configuration.hosts, configuration.hosts == 1 ? "" : "s"),
                        {},
                        {}});
    if (!configuration.problems.empty()) {
        findings.push_back({"configuration-warnings", Severity::warning, first_problem(configuration),
                            "Hosts that it is about do not boot as written.", check});
    }
    if (configuration.hosts == 0 && !configuration.answers_unknown) {
        findings.push_back({"no-hosts",
                            Severity::warning,
                            "no host is configured, and dhcp.unknown_hosts is \"ignore\"",
                            "musterd answers no machine at all.",
                            {"Name a machine in a file of hosts.d:", "  [[host]]", "  name = \"r640\"",
                             "  mac = [\"b8:ce:f6:01:02:03\"]", "  profile = \"…\""}});
    }
    if (!configuration.proxy) {
        findings.push_back({"dhcp-off",
                            Severity::warning,
                            "dhcp.mode is \"off\"",
                            "musterd makes no offers: the LAN's DHCP server must name loader and server itself.",
                            {fmt::format("In {}:", file), "  [dhcp]", "  mode = \"proxy\""}});
    }
}

void judge_server(const Observations& seen, Findings& findings) {
    const auto& server = seen.server;
    if (server.socket == Outcome::not_asked) return;
    if (seen.server_runs()) {
        const auto pid = server.pid == 0 ? std::string{} : fmt::format(", process {}", server.pid);
        findings.push_back({"server", Severity::ok, "musterd runs" + pid, {}, {}});
        if (server.same_network) return;
        findings.push_back({"not-checked",
                            Severity::warning,
                            fmt::format("musterd, process {}, runs in another network namespace", server.pid),
                            "Ports and offers are to be looked at from there; what was asked here says nothing of it.",
                            {fmt::format("  sudo nsenter -t {} -n musterd doctor --config {}", server.pid,
                                         seen.configuration.file.string())}});
    } else if (server.socket == Outcome::not_permitted) {
        findings.push_back({"not-checked",
                            Severity::warning,
                            server.error,
                            "Whether musterd runs, and what it should answer, is not known.",
                            {"  sudo musterd doctor"}});
    } else {
        findings.push_back(
            {"server-not-running",
             Severity::problem,
             server.error,
             "Nobody answers machines that boot.",
             {"  musterd serve --config " + seen.configuration.file.string(),
              "Or, where it is a service:", "  systemctl start musterd && journalctl -u musterd -n 30"}});
    }
}

void judge_interface(const InterfaceSeen& interface, bool here, Findings& findings) {
    const auto& name = interface.name;
    const auto add = [&](const char* id, const std::string& seen, Cure cure) {
        findings.push_back(
            {id, Severity::problem, seen, "No machine that hangs on it is heard or answered.", std::move(cure)});
    };
    if (!interface.exists) {
        return add("interface-absent", fmt::format("there is no interface {}", name),
                   {"Correct network.interfaces; these are there:", "  ip -br link"});
    }
    if (!interface.up)
        return add("interface-down", fmt::format("{} is down", name), {fmt::format("  ip link set {} up", name)});
    if (!interface.carrier) {
        return add("interface-down", fmt::format("{} has no link", name),
                   {"Plug its cable in, or switch the port at its other end on:", "  ip -br link show " + name});
    }
    if (interface.address.none() && here) {
        return add("interface-no-address", fmt::format("{} has no IPv4 address", name),
                   {fmt::format("  ip address add 10.0.0.5/24 dev {}", name),
                    "(with an address of your LAN; and in the system's own network configuration, to last)"});
    }
    const auto address = interface.address.none() ? std::string("no address") : interface.address.to_string();
    findings.push_back({"interface", Severity::ok, fmt::format("{} is up, {}", name, address), {}, {}});
}

}  // namespace

void judge_host(const Observations& seen, Findings& findings) {
    if (seen.here()) judge_configuration(seen, findings);
    judge_server(seen, findings);
    for (const auto& interface : seen.interfaces)
        judge_interface(interface, seen.here(), findings);
    if (seen.interfaces.empty()) {
        findings.push_back({"interface-absent",
                            Severity::problem,
                            "no interface is up, has an IPv4 address and can broadcast",
                            "No machine is heard or answered.",
                            {"  ip -br address"}});
    }
}

}  // namespace musterd::app::doctor
