// What musterd doctor says of other DHCP servers and proxies.
#include "tests/app/doctor/cases.hpp"

using namespace musterd;
using namespace musterd::app::doctor;
using namespace musterd::app::doctor::test;

TEST_CASE("what the LAN's DHCP server sets is found, with who sets it, what it costs and the line to change") {
    check(
        {
            {"lan-boot-file",
             Severity::problem,
             [](Observations& seen) { each_lease(seen, [](auto& packet) { packet.file = "pxelinux.0"; }); },
             {"10.0.0.1 names a boot file: pxelinux.0", "dhcp-boot=pxelinux.0 ",
              "/ip dhcp-server network set [find address=10.0.0.0/24] !next-server boot-file-name=\"\"",
              "\"boot-file-name\": \"pxelinux.0\"", "OPNsense"}},
            {"lan-boot-file",
             Severity::problem,
             [](Observations& seen) {
                 each_lease(seen, [](auto& packet) {
                     packet.options.set(Option::bootfile_name, std::string_view("other.efi\0", 10));
                     packet.siaddr = ip("10.0.0.9");
                 });
             },
             {"other.efi, on next-server 10.0.0.9", "dhcp-boot=other.efi,,10.0.0.9", "\"next-server\": \"10.0.0.9\""}},
            {"lan-boot-file",
             Severity::problem,
             [](Observations& seen) { seen.offers[2].packet.file = "only.efi"; },
             {"only.efi to UEFI PXE"}},
            {"lan-boot-file",
             Severity::warning,
             [](Observations& seen) {
                 each_lease(seen, [](auto& packet) {
                     packet.file = "snponly.efi";
                     packet.siaddr = ip(us);
                 });
             },
             {"on next-server 10.0.0.5", "iPXE is given its own loader again"}},
            {"lan-option-60",
             Severity::problem,
             [](Observations& seen) {
                 each_lease(seen, [](auto& p) { p.options.set(Option::vendor_class_identifier, "PXEClient"); });
             },
             {"10.0.0.1 sends option 60: PXEClient", "PXE-E55", "dhcp-option=60,PXEClient", "[find code=60]",
              "vendor-class-identifier"}},
            {"lan-option-43",
             Severity::warning,
             [](Observations& seen) {
                 each_lease(seen, [](auto& p) { p.options.set(Option::vendor_specific_information, "\x06\x01\x08"); });
             },
             {"10.0.0.1 sends option 43: 060108", "code=43", "vendor-encapsulated-options"}},
            {"lan-next-server",
             Severity::warning,
             [](Observations& seen) { each_lease(seen, [](auto& packet) { packet.siaddr = ip("10.0.0.9"); }); },
             {"next-server (siaddr) 10.0.0.9", "dhcp-boot=,,10.0.0.9", "!next-server"}},
            {"lan-next-server",
             Severity::warning,
             [](Observations& seen) {
                 each_lease(seen, [](auto& p) { p.options.set(Option::tftp_server_name, "tftp.example"); });
             },
             {"option 66, a TFTP server: tftp.example", "dhcp-option=66,tftp.example", "tftp-server-name"}},
            {"secure-boot-server",
             Severity::problem,
             [](Observations& seen) {
                 seen.configuration.secure_hosts = {"r640", "r740"};
             },
             {"r640, r740", "grub>", "next-server=10.0.0.5", "dhcp-boot=,,10.0.0.5", "address = "}},
            {"no-lan-dhcp",
             Severity::problem,
             [](Observations& seen) { drop_offers_of(seen, router); },
             {"on eth0 within 5.0 s", "/ip dhcp-server print", "static-only"}},
            {"no-lan-dhcp",
             Severity::warning,
             [](Observations& seen) {
                 seen.interfaces.push_back(eth0());
                 seen.interfaces.back().name = "docker0";
                 seen.interfaces.back().wanted = false;
             },
             {"on docker0"}},
            {"second-proxy",
             Severity::problem,
             [](Observations& seen) { seen.offers.push_back(proxy_offer(Question::uefi_pxe, "10.0.0.7", "fog.efi")); },
             {"10.0.0.7 is a proxyDHCP server too", "with the file fog.efi", "dhcp-range=…,proxy", "pxe-service=…"}},
        },
        all_well);
}

TEST_CASE("next-server and option 66 that name us are what signed GRUB wants, and no finding") {
    auto seen = all_well();
    seen.configuration.secure_hosts = {"r640"};
    each_lease(seen, [](auto& packet) {
        packet.siaddr = ip(us);
        packet.options.set(Option::tftp_server_name, us);
    });
    for (const auto& finding : diagnose(seen))
        CHECK(finding.severity == Severity::ok);
}

TEST_CASE("a DHCP server on our own host that names itself names us") {
    auto seen = all_well();
    seen.configuration.secure_hosts = {"r640"};
    drop_offers_of(seen, router);
    seen.offers.push_back(offer(Question::plain, us, "10.0.0.101"));
    for (const auto& finding : diagnose(seen))
        CHECK(finding.severity == Severity::ok);
}

TEST_CASE("where every host has an address of ours no other DHCP server is missed") {
    auto seen = all_well();
    drop_offers_of(seen, router);
    seen.configuration.leased_hosts = 1;
    for (const auto& finding : diagnose(seen))
        CHECK(finding.severity == Severity::ok);
    seen.configuration.hosts = 2;
    CHECK_FALSE(healthy(diagnose(seen)));
}

TEST_CASE("a proxy at our own address is somebody else's while musterd does not run") {
    auto seen = all_well();
    seen.server = {Outcome::silent, "no musterd answers", 0, true};
    const auto findings = diagnose(seen);
    CHECK(std::any_of(findings.begin(), findings.end(), [](const auto& f) { return f.id == "second-proxy"; }));
}
