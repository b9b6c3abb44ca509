// What musterd doctor says where all is well, and of what does not come through of our service.
#include "tests/app/doctor/cases.hpp"

using namespace musterd;
using namespace musterd::app::doctor;
using namespace musterd::app::doctor::test;

TEST_CASE("where all is well doctor says so, check by check") {
    const auto ids = [](const Observations& seen) {
        std::vector<std::string> found;
        for (const auto& finding : diagnose(seen)) {
            CAPTURE(finding.seen);
            CHECK(finding.severity == Severity::ok);
            CHECK(finding.cure.empty());
            found.push_back(finding.id);
        }
        return found;
    };
    CHECK(ids(all_well()) == std::vector<std::string>{"configuration", "server", "interface", "ports", "loaders",
                                                      "lan-dhcp", "offers", "tftp", "http", "vantage"});
    CHECK(ids(all_well_from_outside()) ==
          std::vector<std::string>{"interface", "lan-dhcp", "offers", "boot-port", "tftp", "http"});
}

TEST_CASE("of a server in another network namespace nothing is judged from here, but where to look is said") {
    auto seen = all_well();
    seen.server.same_network = false;
    seen.own_addresses = {ip("10.0.0.9")};
    seen.ports.clear();
    seen.tftp.clear();
    seen.http.clear();
    std::vector<std::string> found;
    for (const auto& finding : diagnose(seen))
        if (finding.severity != Severity::ok) found.push_back(finding.id + " " + finding.cure.front());
    CHECK(found == std::vector<std::string>{
                       "not-checked   sudo nsenter -t 12 -n musterd doctor --config /etc/musterd/musterd.toml"});
}

TEST_CASE("what does not come through of our service is found") {
    check(
        {
            {"no-own-offer",
             Severity::problem,
             [](Observations& seen) { drop_offers_of(seen, us); },
             {"made no offer", "eth0", "network.interfaces", "udp dport { 67, 69, 4011 } accept"}},
            {"offer-partial",
             Severity::warning,
             [](Observations& seen) {
                 std::erase_if(seen.offers, [](const Offer& one) {
                     return one.question == Question::bios_pxe && one.packet.yiaddr.none();
                 });
             },
             {"offers nothing to BIOS PXE on eth0"}},
            {"tftp-unanswered",
             Severity::problem,
             [](Observations& seen) {
                 seen.tftp[0] = {ip(us), "a.efi", Outcome::silent, 0, "no answer"};
             },
             {"TFTP 10.0.0.5:69, a.efi: no answer", "udp dport { 69 } accept", "single_port = true"}},
            {"tftp-file-missing",
             Severity::problem,
             [](Observations& seen) {
                 seen.tftp[0] = {ip(us), "a.efi", Outcome::refused, 0, "error 1: not found"};
             },
             {"a.efi: error 1: not found", "PXE-E23"}},
            {"http-unanswered",
             Severity::problem,
             [](Observations& seen) {
                 seen.http[0] = {"http://10.0.0.5:8080/x", 8080, Outcome::silent, 0, 0, "no answer"};
             },
             {"http://10.0.0.5:8080/x: no answer", "tcp dport { 8080 } accept"}},
            {"http-file-missing",
             Severity::problem,
             [](Observations& seen) { seen.http[0] = {"http://10.0.0.5:8080/x", 8080, Outcome::refused, 404, 0, {}}; },
             {"status 404"}},
            {"not-checked",
             Severity::warning,
             [](Observations& seen) {
                 seen.interfaces.front().asked = Outcome::not_permitted;
                 seen.interfaces.front().error = "UDP 0.0.0.0:68: Permission denied";
                 seen.offers.clear();
             },
             {"nobody was asked on eth0: UDP 0.0.0.0:68: Permission denied", "sudo musterd doctor"}},
            {"not-checked",
             Severity::warning,
             [](Observations& seen) {
                 seen.interfaces.front().asked = Outcome::taken;
                 seen.client_port = {{Protocol::udp, {}, 68, 77, "dhclient"}};
                 seen.offers.clear();
             },
             {"dhclient, process 77", "--server ADDRESS"}},
        },
        all_well);
}

TEST_CASE("from another machine a guarding switch, firewalls and a dead server are told apart") {
    check(
        {
            {"offer-not-seen",
             Severity::problem,
             [](Observations& seen) { drop_offers_of(seen, us); },
             {"an offer of 10.0.0.1 is seen on eth0, but none of 10.0.0.5", "DHCP guarding", "trusted=yes",
              "ip dhcp snooping trust"}},
            {"boot-port-unanswered",
             Severity::problem,
             [](Observations& seen) {
                 seen.boot_port = {Outcome::silent, {}, "no answer within 3.0 s"};
             },
             {"10.0.0.5:4011", "no answer within 3.0 s", "udp dport { 4011 } accept"}},
            {"server-unreachable",
             Severity::problem,
             [](Observations& seen) {
                 drop_offers_of(seen, us);
                 seen.boot_port = {Outcome::silent, {}, {}};
                 seen.tftp[0].outcome = Outcome::silent;
                 seen.http[0] = {"http://10.0.0.5:8080/x", 8080, Outcome::refused, 0, 0, "connect: Connection refused"};
             },
             {"10.0.0.5 answers nothing", "Connection refused", "ping -c 3 10.0.0.5"}},
        },
        all_well_from_outside);
}
