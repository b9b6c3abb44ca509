// Every finding of musterd doctor, from observations that call for it.
#include "server/app/doctor_diagnose.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

using namespace musterd;
using namespace musterd::app::doctor;
using dhcp::Option;

namespace {

base::Ipv4 ip(const char* text) {
    return *base::Ipv4::parse(text);
}

base::Bytes four(const char* text) {
    base::ByteWriter writer;
    writer.u32(ip(text).value());
    return writer.release();
}

const auto router = "10.0.0.1";
const auto us = "10.0.0.5";

Offer offer(Question question, const char* server, const char* leased = nullptr) {
    Offer made;
    made.question = question;
    made.interface = "eth0";
    made.from = {ip(server), 67};
    made.packet.op = dhcp::Packet::boot_reply;
    made.packet.options.set(Option::server_identifier, four(server));
    if (leased == nullptr) return made;
    made.packet.yiaddr = ip(leased);
    made.packet.siaddr = ip(server);  // as dnsmasq does
    made.packet.options.set(static_cast<Option>(1), four("255.255.255.0"));
    return made;
}

Offer proxy_offer(Question question, const char* server, const char* file) {
    auto made = offer(question, server);
    made.packet.file = file;
    return made;
}

void add_our_offers(Observations& seen) {
    seen.offers.push_back(proxy_offer(Question::bios_pxe, us, "undionly.kpxe"));
    seen.offers.push_back(proxy_offer(Question::uefi_pxe, us, "snponly.efi"));
    seen.offers.push_back(proxy_offer(Question::http_boot, us, "http://10.0.0.5:8080/boot/loader/snponly.efi"));
}

InterfaceSeen eth0() {
    InterfaceSeen interface;
    interface.name = "eth0";
    interface.wanted = interface.exists = interface.up = interface.carrier = true;
    interface.address = ip(us);
    interface.netmask = ip("255.255.255.0");
    interface.asked = Outcome::answered;
    return interface;
}

constexpr std::uint32_t our_pid = 12;

/// A host where all is well.
Observations all_well() {
    Observations seen;
    seen.own_addresses = {ip("127.0.0.1"), ip(us)};
    seen.listened = std::chrono::seconds(5);
    seen.configuration = {"/etc/musterd/musterd.toml", true, true, {}, 1, false, true, {}};
    seen.server = {Outcome::answered, {}, our_pid};
    seen.interfaces = {eth0()};
    for (const auto port : std::to_array<std::uint16_t>({67, 4011, 69}))
        seen.ports.push_back({Protocol::udp, port, {{Protocol::udp, {}, port, our_pid, "musterd"}}, {}});
    seen.ports.push_back({Protocol::tcp, 8080, {{Protocol::tcp, {}, 8080, our_pid, "musterd"}}, {}});
    seen.loaders = {"/loaders", true, true, {{"snponly.efi", true, Digest::right, "x64 UEFI"}}};
    for (const auto question : questions)
        seen.offers.push_back(offer(question, router, "10.0.0.101"));
    add_our_offers(seen);
    seen.tftp = {{ip(us), "snponly.efi", Outcome::answered, 1000, {}}};
    seen.http = {{"http://10.0.0.5:8080/boot/loader/snponly.efi", 8080, Outcome::answered, 200, 1000, {}}};
    return seen;
}

/// The same server, seen from another machine where all is well.
Observations all_well_from_outside() {
    Observations seen;
    seen.remote = ip(us);
    seen.own_addresses = {ip("10.0.0.9")};
    seen.interfaces = {eth0()};
    seen.interfaces.front().address = ip("10.0.0.9");
    seen.offers.push_back(offer(Question::plain, router, "10.0.0.101"));
    add_our_offers(seen);
    seen.boot_port.outcome = Outcome::answered;
    seen.boot_port.answer.file = "snponly.efi";
    seen.tftp = {{ip(us), "snponly.efi", Outcome::answered, 1000, {}}};
    seen.http = {{"http://10.0.0.5:8080/boot/loader/snponly.efi", 8080, Outcome::answered, 200, 1000, {}}};
    return seen;
}

std::string text_of(const Finding& finding) {
    auto text = finding.seen + "\n" + finding.why;
    for (const auto& line : finding.cure)
        text += "\n" + line;
    return text;
}

struct Case {
    const char* id;
    Severity severity;
    std::function<void(Observations&)> spoil;
    std::vector<const char*> words;  ///< that the finding must hold
};

void check(const std::vector<Case>& cases, Observations (*good)()) {
    for (const auto& test : cases) {
        CAPTURE(test.id);
        auto seen = good();
        test.spoil(seen);
        const auto findings = diagnose(seen);
        const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& f) {
            return f.id == test.id && f.severity == test.severity;
        });
        REQUIRE(found != findings.end());
        CHECK_FALSE(found->why.empty());
        CHECK_FALSE(found->cure.empty());
        CHECK(healthy(findings) == (test.severity != Severity::problem));
        const auto text = text_of(*found);
        for (const auto* word : test.words) {
            CAPTURE(text);
            CAPTURE(word);
            CHECK(text.find(word) != std::string::npos);
        }
    }
}

void each_lease(Observations& seen, const std::function<void(dhcp::Packet&)>& change) {
    for (auto& one : seen.offers)
        if (!one.packet.yiaddr.none()) change(one.packet);
}

void drop_offers_of(Observations& seen, const char* server) {
    std::erase_if(seen.offers, [&](const Offer& one) { return one.from.address == ip(server); });
}

}  // namespace

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

TEST_CASE("a proxy at our own address is somebody else's while musterd does not run") {
    auto seen = all_well();
    seen.server = {Outcome::silent, "no musterd answers", 0};
    const auto findings = diagnose(seen);
    CHECK(std::any_of(findings.begin(), findings.end(), [](const auto& f) { return f.id == "second-proxy"; }));
}

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
                 seen.server = {Outcome::silent, "no musterd answers at /x", 0};
                 drop_offers_of(seen, us);
             },
             {"no musterd answers at /x", "musterd serve --config /etc/musterd/musterd.toml"}},
            {"not-checked",
             Severity::warning,
             [](Observations& seen) {
                 seen.server = {Outcome::not_permitted, "no permission to use /x", 0};
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
                 seen.loaders.files = {{"a.efi", false, Digest::wrong, "x64 UEFI"}};
             },
             {"a.efi is not in /loaders", "Machines of x64 UEFI", "deploy/loaders /loaders"}},
            {"loader-missing",
             Severity::problem,
             [](Observations& seen) {
                 seen.loaders.files = {{"a.efi", false, Digest::not_listed, "x64 UEFI"}};
             },
             {"not in /loaders: a.efi"}},
            {"loader-missing",
             Severity::warning,
             [](Observations& seen) {
                 seen.loaders.files.push_back({"b.efi", false, Digest::not_listed, "ARM"});
             },
             {"not in /loaders: b.efi"}},
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
    seen.server = {Outcome::silent, "no musterd answers", 0};
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
