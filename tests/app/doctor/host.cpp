// What musterd doctor says of the host that it runs on.
#include "tests/app/doctor/cases.hpp"

using namespace musterd;
using namespace musterd::app::doctor;
using namespace musterd::app::doctor::test;

TEST_CASE("what this host lacks is found") {
    check(
        {
            {"configuration-errors",
             Severity::problem,
             [](Observations& seen) {
                 seen.configuration.good = false;
                 seen.configuration.problems = {{{"m.toml", 3, 1}, base::Severity::error, "unknown key \"x\""},
                                                {{"m.toml", 4, 1}, base::Severity::error, "another"}};
             },
             {"m.toml:3: unknown key \"x\" (and 1 more)", "musterd check --config /etc/musterd/musterd.toml"}},
            {"configuration-warnings",
             Severity::warning,
             [](Observations& seen) {
                 seen.configuration.problems = {{{"h.toml", 1, 1}, base::Severity::warning, "no image"}};
             },
             {"h.toml:1: no image", "musterd check"}},
            {"no-hosts", Severity::warning, [](Observations& seen) { seen.configuration.hosts = 0; }, {"[[host]]"}},
            {"dhcp-off",
             Severity::warning,
             [](Observations& seen) { seen.configuration.proxy = false; },
             {"mode = \"proxy\""}},
            {"server-not-running",
             Severity::problem,
             [](Observations& seen) {
                 seen.server = {Outcome::silent, "no musterd answers at /x", 0, true};
                 drop_offers_of(seen, us);
             },
             {"no musterd answers at /x", "musterd serve --config /etc/musterd/musterd.toml"}},
            {"not-checked",
             Severity::warning,
             [](Observations& seen) {
                 seen.server = {Outcome::not_permitted, "no permission to use /x", 0, true};
             },
             {"no permission to use /x", "sudo musterd doctor"}},
            {"interface-absent",
             Severity::problem,
             [](Observations& seen) {
                 seen.interfaces.front().exists = false;
                 seen.interfaces.front().asked = Outcome::not_asked;
             },
             {"no interface eth0", "network.interfaces"}},
            {"interface-absent",
             Severity::problem,
             [](Observations& seen) { seen.interfaces.clear(); },
             {"no interface is up"}},
            {"interface-down",
             Severity::problem,
             [](Observations& seen) { seen.interfaces.front().up = false; },
             {"eth0 is down", "ip link set eth0 up"}},
            {"interface-down",
             Severity::problem,
             [](Observations& seen) { seen.interfaces.front().carrier = false; },
             {"eth0 has no link", "cable"}},
            {"interface-no-address",
             Severity::problem,
             [](Observations& seen) { seen.interfaces.front().address = {}; },
             {"eth0 has no IPv4 address", "ip address add"}},
            {"port-taken",
             Severity::problem,
             [](Observations& seen) {
                 seen.ports[2].holders = {{Protocol::udp, {}, 69, 99, "in.tftpd"}};
             },
             {"UDP port 69 is held by in.tftpd, process 99 (*:69)", "TFTP", "kill 99", "ss -lunp 'sport = :69'"}},
            {"port-taken",
             Severity::problem,
             [](Observations& seen) {
                 seen.ports[0].holders = {{Protocol::udp, {}, 67, 99, "dnsmasq"}};
             },
             {"dnsmasq, process 99", "  bind-interfaces"}},
            {"port-taken",
             Severity::problem,
             [](Observations& seen) {
                 seen.ports[1].holders = {{Protocol::udp, ip(us), 4011, 99, "dnsmasq"}};
             },
             {"10.0.0.5:4011", "pxe-service"}},
            {"port-taken",
             Severity::problem,
             [](Observations& seen) {
                 seen.ports[3].holders = {{Protocol::tcp, {}, 8080, 99, "java"}};
             },
             {"TCP port 8080", "network.http_port", "ss -ltnp"}},
            {"port-taken",
             Severity::problem,
             [](Observations& seen) { seen.ports[0].holders.clear(); },
             {"musterd does not listen on UDP port 67"}},
            {"not-checked",
             Severity::warning,
             [](Observations& seen) {
                 seen.ports[2].holders = {{Protocol::udp, {}, 69, 0, {}}};
             },
             {"root only", "sudo musterd doctor"}},
            {"loader-missing",
             Severity::problem,
             [](Observations& seen) {
                 seen.loaders.files = {{"a.efi", false, Digest::wrong, Need::common, "x64 UEFI"}};
             },
             {"a.efi is not in /loaders", "Machines of x64 UEFI", "deploy/loaders /loaders"}},
            {"loader-missing",
             Severity::problem,
             [](Observations& seen) {
                 seen.loaders.files = {{"a.efi", false, Digest::not_listed, Need::common, "x64 UEFI"}};
             },
             {"not in /loaders: a.efi"}},
            {"loader-missing",
             Severity::warning,
             [](Observations& seen) {
                 seen.loaders.files.push_back({"b.efi", false, Digest::not_listed, Need::common, "ARM"});
             },
             {"not in /loaders: b.efi"}},
            {"loader-missing",
             Severity::problem,
             [](Observations& seen) {
                 seen.loaders.files.push_back({"own.efi", false, Digest::not_listed, Need::host, "host r640 (x64)"});
             },
             {"own.efi is not in /loaders", "Machines of host r640 (x64)"}},
            {"loader-corrupt",
             Severity::problem,
             [](Observations& seen) { seen.loaders.files.front().digest = Digest::wrong; },
             {"/loaders/snponly.efi is not what the manifest says (SHA-256)", "deploy/loaders /loaders"}},
            {"loader-corrupt",
             Severity::problem,
             [](Observations& seen) { seen.loaders.files.front().digest = Digest::unreadable; },
             {"cannot be read"}},
            {"loaders-unlisted",
             Severity::warning,
             [](Observations& seen) { seen.loaders.files.front().digest = Digest::not_listed; },
             {"in no manifest in /loaders: snponly.efi"}},
        },
        all_well);
}

TEST_CASE("while no server runs, a port is taken when we cannot bind it, whoever shares it") {
    auto seen = all_well();
    seen.server = {Outcome::silent, "no musterd answers", 0, true};
    drop_offers_of(seen, us);
    const auto count = [&] {
        const auto findings = diagnose(seen);
        return std::count_if(findings.begin(), findings.end(), [](const auto& f) { return f.id == "port-taken"; });
    };
    for (auto& port : seen.ports)
        port.bound = Outcome::answered;
    seen.ports[0].holders = {{Protocol::udp, ip(us), 67, 99, "kea-dhcp4"}};  // beside which we can stand
    CHECK(count() == 0);
    seen.ports[0].bound = Outcome::taken;
    CHECK(count() == 1);
}

TEST_CASE("loaders of processors that few have are not missed, but said") {
    auto seen = all_well();
    seen.loaders.files.push_back({"grubriscv64.efi", false, Digest::not_listed, Need::rare, "RISC-V 64-bit UEFI"});
    std::string text;
    for (const auto& finding : diagnose(seen)) {
        CHECK(finding.severity == Severity::ok);
        if (finding.id == "loaders") text = finding.seen;
    }
    CHECK(text == "whole, in /loaders: snponly.efi; without grubriscv64.efi");
}
