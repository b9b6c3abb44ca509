// Where protocols meet the product: what DHCP is told to answer, what its reports and TFTP's become.
#include "server/app/dhcp_desk.hpp"
#include "server/app/late_hosts.hpp"
#include "server/app/tftp_desk.hpp"
#include "tests/support/slice_text.hpp"
#include "tests/support/test_site.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using base::EventKind;

namespace {

dhcp::Client ipxe(const char* mac) {
    dhcp::Client client;
    client.kind = dhcp::ClientKind::ipxe;
    client.machine.mac = *base::Mac::parse(mac);
    client.machine.arch = "amd64";
    return client;
}

dhcp::Report report(const char* mac, dhcp::Decision decision) {
    dhcp::Report made;
    made.client = ipxe(mac);
    made.decision = std::move(decision);
    made.file = "http://10.55.0.5:8080/boot/script";
    made.client.machine.interface = "eth0";
    made.sent = true;
    return made;
}

const auto address = *base::Ipv4::parse("10.55.0.101");

/// What the TFTP desk answers, with the control thread being this one.
base::Result<std::string> fetch(support::TestSite& test, const std::string& path) {
    app::TftpDesk desk(
        test.site(), [](const std::function<void()>& work) { work(); }, 8080);
    base::Result<std::string> text = base::Error("no answer");
    desk.resolve({path, {address, 2000}, *base::Ipv4::parse("10.55.0.5")},
                 [&](const base::Result<base::FileSlice>& slice) {
                     text = slice ? base::Result<std::string>(support::text_of(*slice)) : slice.error();
                 });
    return text;
}

std::unique_ptr<boots::Journal> memory_journal() {
    auto journal = boots::open_sqlite_journal({});
    REQUIRE(journal);
    return std::move(*journal);
}

}  // namespace

TEST_CASE("a clock that is set, to or fro, is noticed; one that goes on is not") {
    const base::Time now(std::chrono::seconds(1'795'253'400));
    const base::Tick tick(std::chrono::hours(1));
    using std::chrono::seconds;
    app::EvenClock clock(now, tick);
    CHECK_FALSE(clock.was_set(now + seconds(1), tick + seconds(1)));
    CHECK(clock.was_set(now - std::chrono::hours(24), tick + seconds(2)));
    CHECK_FALSE(clock.was_set(now - std::chrono::hours(24) + seconds(3), tick + seconds(5)));
    CHECK(clock.was_set(now + seconds(6), tick + seconds(6)));
    CHECK_FALSE(clock.was_set(now + seconds(36), tick + seconds(36)));
}

TEST_CASE("a host is answered with its script's address, a stranger is not, and each is told why") {
    support::TestSite test;
    const app::DhcpDesk desk(test.site());
    const auto known = desk.plan(ipxe("52:54:00:00:00:01"));
    CHECK(known.answer);
    CHECK(known.script == "/boot/script?mac=52:54:00:00:00:01&arch=amd64");
    const auto stranger = desk.plan(ipxe("52:54:00:00:00:99"));
    CHECK_FALSE(stranger.answer);
    CHECK(stranger.reason.find("unknown_hosts") != std::string::npos);
}

TEST_CASE(
    "firmware whose loader is missing is left to its next boot device, and the host's events say why and what to do") {
    support::TestSite test;  // has snponly.efi and no other loader
    app::DhcpDesk desk(test.site());
    auto client = ipxe("52:54:00:00:00:01");
    client.kind = dhcp::ClientKind::uefi_pxe;
    client.architecture = dhcp::Architecture::x64_uefi;
    CHECK(desk.plan(client).answer);
    client.kind = dhcp::ClientKind::pxe_rom;
    client.architecture = dhcp::Architecture::x86_bios;
    const auto plan = desk.plan(client);
    CHECK_FALSE(plan.answer);
    CHECK(plan.reason.starts_with("the loader undionly.kpxe is not in "));
    CHECK(plan.reason.find("deploy/loaders /") != std::string::npos);
    client.kind = dhcp::ClientKind::ipxe;  // needs none
    CHECK(desk.plan(client).answer);
    desk.observe(report("52:54:00:00:00:01", dhcp::Ignore{dhcp::IgnoreReason::policy, plan.reason}));
    CHECK(test.events().at(0).kind == EventKind::dhcp_ignore);
    CHECK(test.events().at(0).host == "r640");
}

TEST_CASE("a machine that DHCP knew by where it is plugged in is known so when it asks for its script") {
    support::TestSite test({}, memory_journal(), "[[machines]]\ncircuit = \"rack3/7\"\nprofile = \"demo\"\n");
    app::DhcpDesk desk(test.site());
    auto offered = report("52:54:00:00:00:99", dhcp::Reply{});
    CHECK_FALSE(desk.plan(offered.client).answer);
    offered.client.machine.circuit = "rack3/7";
    CHECK(desk.plan(offered.client).answer);
    const std::string path = "boot/script?mac=52:54:00:00:00:99";
    CHECK_FALSE(fetch(test, path).has_value());
    desk.observe(offered);
    const auto script = fetch(test, path);
    CAPTURE((script ? *script : script.error().message()));
    REQUIRE(script);
    CHECK(script->find("host=52-54-00-00-00-99") != std::string::npos);
    // An operating system's DHCP from elsewhere does not move it.
    auto later = report("52:54:00:00:00:99", dhcp::Ignore{dhcp::IgnoreReason::plain_client, "no boot client"});
    later.client.kind = dhcp::ClientKind::plain;
    later.client.machine.circuit = {};
    desk.observe(later);
    CHECK(fetch(test, path).has_value());
}

TEST_CASE("a vendor class's way to the disk holds for the script too, though only DHCP tells the class") {
    support::TestSite test("[[dhcp.class]]\nprefix = \"PXEClient:Arch:00000\"\nlocal_boot = \"sanboot\"\n");
    app::DhcpDesk desk(test.site());
    const std::string path = "boot/script?mac=52:54:00:00:00:03";
    const auto chain = "chain http://10.55.0.5:8080/boot/loader/grubx64-musterd.efi";
    CHECK(fetch(test, path)->find(chain) != std::string::npos);
    auto offered = report("52:54:00:00:00:03", dhcp::Reply{});
    offered.client.machine.vendor_class = "PXEClient:Arch:00000:UNDI:002001";
    desk.observe(offered);
    CHECK(fetch(test, path)->find("sanboot") != std::string::npos);
    CHECK(fetch(test, path)->find(chain) == std::string::npos);
}

TEST_CASE("hosts that are late are told once, others and those that boot nothing of ours are not") {
    support::TestSite test;
    app::DhcpDesk desk(test.site());
    desk.observe(report("52:54:00:00:00:01", dhcp::Reply{}));
    desk.observe(report("52:54:00:00:00:02", dhcp::Reply{}));  // is held
    const auto seen = test.events().front().time;
    app::note_late_hosts(test.site(), seen + std::chrono::seconds(60), {});
    CHECK(test.events().size() == 2);
    for (int i = 0; i < 2; ++i)
        app::note_late_hosts(test.site(), seen + std::chrono::seconds(61), {});
    const auto events = test.events();
    REQUIRE(events.size() == 3);
    CHECK(events[2].kind == EventKind::host_late);
    CHECK(events[2].host == "r640");
    CHECK(events[2].details.at("awaited") == "loader");
    CHECK(test.boots().roll().hosts.at("r640").condition == boots::Condition::late);
}

TEST_CASE("musterd doctor is answered like a host, but no machine, event or address comes of it") {
    support::TestSite test;
    app::DhcpDesk desk(test.site());
    auto probe = report("52:54:00:00:00:99", dhcp::Reply{});
    probe.client.probe = true;
    probe.ciaddr = address;
    CHECK(desk.plan(probe.client).answer);
    desk.observe(probe);
    probe.decision = dhcp::Ignore{dhcp::IgnoreReason::policy, "no host has it"};
    desk.observe(probe);
    CHECK(test.events().empty());
    CHECK_FALSE(test.site().addresses().mac_of(address).has_value());
    probe.client.kind = dhcp::ClientKind::pxe_rom;
    probe.client.architecture = dhcp::Architecture::x86_bios;
    CHECK(desk.plan(probe.client).reason.starts_with("the loader undionly.kpxe is not in "));
}

TEST_CASE("an offer is an event of its host, and a stranger is noted once, however often it asks") {
    support::TestSite test;
    app::DhcpDesk desk(test.site());
    desk.observe(report("52:54:00:00:00:01", dhcp::Reply{}));
    for (int i = 0; i < 100; ++i)
        desk.observe(report("52:54:00:00:00:99", dhcp::Ignore{dhcp::IgnoreReason::policy, "no host has it"}));
    const auto events = test.events();
    REQUIRE(events.size() == 2);
    CHECK(events[0].kind == EventKind::dhcp_offer);
    CHECK(events[0].host == "r640");
    CHECK(events[1].kind == EventKind::machine_seen);
    CHECK(events[1].reason == "no host has it");
}

TEST_CASE("a flood of the same DISCOVER is one event a second, a client that repeats itself in its own time is not") {
    support::TestSite test;
    base::Tick now{};
    app::DhcpDesk desk(test.site(), [&now] { return now; });
    for (int i = 0; i < 1000; ++i)
        desk.observe(report("52:54:00:00:00:01", dhcp::Reply{}));
    CHECK(test.events().size() == 1);
    now += std::chrono::seconds(1);
    desk.observe(report("52:54:00:00:00:01", dhcp::Reply{}));
    CHECK(test.events().size() == 2);
}

TEST_CASE("made-up MACs cannot fill the journal") {
    support::TestSite test;
    app::DhcpDesk desk(test.site());
    auto stranger = report("52:54:00:00:00:99", dhcp::Ignore{dhcp::IgnoreReason::policy, "no"});
    for (unsigned i = 0; i < 20'000; ++i) {
        stranger.client.machine.mac =
            base::Mac({2, 0, 0, 0, static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i & 0xffU)});
        desk.observe(stranger);
    }
    CHECK(test.events().size() == 4096);
}

TEST_CASE("plain clients and the talk with the LAN's server are no events, but addresses are learned") {
    support::TestSite test;
    app::DhcpDesk desk(test.site());
    auto plain = report("52:54:00:00:00:01", dhcp::Ignore{dhcp::IgnoreReason::plain_client, "plain"});
    plain.client.kind = dhcp::ClientKind::plain;
    desk.observe(plain);
    auto request = report("52:54:00:00:00:01", dhcp::Ignore{dhcp::IgnoreReason::other_server, "another's lease"});
    request.message_type = dhcp::MessageType::request;
    request.requested_address = address;
    desk.observe(request);
    CHECK(test.events().empty());
    CHECK(test.site().addresses().mac_of(address) == *base::Mac::parse("52:54:00:00:00:01"));
}

TEST_CASE("the address that a host's operating system takes is learned, a stranger's is not") {
    support::TestSite test;
    app::DhcpDesk desk(test.site());
    for (const auto* mac : {"52:54:00:00:00:99", "52:54:00:00:00:01"}) {
        CAPTURE(mac);
        CHECK_FALSE(test.site().addresses().mac_of(address).has_value());
        auto plain = report(mac, dhcp::Ignore{dhcp::IgnoreReason::plain_client, "plain"});
        plain.client.kind = dhcp::ClientKind::plain;
        plain.message_type = dhcp::MessageType::request;
        plain.requested_address = address;
        desk.observe(plain);
    }
    CHECK(test.site().addresses().mac_of(address) == *base::Mac::parse("52:54:00:00:00:01"));
    CHECK(test.events().empty());
}

TEST_CASE("TFTP gives the same files and scripts as HTTP") {
    support::TestSite test;
    CHECK(*fetch(test, "snponly.efi") == "MZ loader");
    const auto script = fetch(test, "boot/script?mac=52:54:00:00:00:01&arch=amd64");
    REQUIRE(script);
    CHECK(script->starts_with("#!ipxe\n# host r640"));
    const auto boot = test.events().back().boot;
    CHECK(fetch(test, "boot/" + boot + "/kernel")->size() == 4096);
    CHECK(fetch(test, "autoexec.ipxe").error().code() == std::errc::no_such_file_or_directory);
    CHECK(fetch(test, "boot/script").error().code() == std::errc::invalid_argument);
}

TEST_CASE("signed GRUB finds its configuration by TFTP, which sends it on to its own script") {
    support::TestSite test;
    const auto start = fetch(test, "grub/grub.cfg");
    REQUIRE(start);
    CHECK(start->find("source \"(tftp,$net_default_server)/boot/grub?mac=$net_default_mac&uuid=$musterd_uuid&arch=") !=
          std::string::npos);
    CHECK(start->ends_with("done\nreboot\n"));
    const auto script = fetch(test, "boot/grub?mac=52:54:00:00:00:01&uuid=&arch=amd64");
    REQUIRE(script);
    CHECK(script->find("if linux '(tftp,10.55.0.5)/boot/" + test.events().back().boot + "/kernel'") !=
          std::string::npos);
    CHECK(fetch(test, "grub/x86_64-efi/command.lst").error().code() == std::errc::no_such_file_or_directory);
}

TEST_CASE("a host with an address of ours has a lease, whatever else it is told, and a stranger has none") {
    support::TestSite test({}, memory_journal(),
                           "[[host]]\nname = \"five\"\nmac = \"52:54:00:00:00:05\"\nprofile = \"local\"\n"
                           "local_boot = \"none\"\naddress = \"10.55.0.77/24\"\ngateway = \"10.55.0.1\"\n"
                           "dns = [\"10.55.0.1\"]\nlease = \"1h\"\n");
    app::DhcpDesk desk(test.site());
    auto client = ipxe("52:54:00:00:00:05");
    const auto plan = desk.plan(client);
    REQUIRE(plan.lease);
    CHECK(plan.lease->address.to_string() == "10.55.0.77/24");
    CHECK(plan.lease->host_name == "five");
    CHECK(plan.lease->duration == std::chrono::hours(1));
    CHECK_FALSE(plan.answer);
    CHECK(plan.reason == "it boots from its own disk (local_boot is \"none\")");
    client.kind = dhcp::ClientKind::plain;
    CHECK(desk.plan(client).lease);
    CHECK_FALSE(desk.plan(client).answer);
    CHECK_FALSE(desk.plan(ipxe("52:54:00:00:00:01")).lease);
    CHECK_FALSE(desk.plan(ipxe("52:54:00:00:00:99")).lease);

    dhcp::Reply ack{dhcp::MessageType::ack, {}};
    ack.lease = plan.lease;
    auto given = report("52:54:00:00:00:05", ack);
    given.client.kind = dhcp::ClientKind::plain;
    given.file.clear();
    desk.observe(given);
    given.decision = dhcp::Ignore{dhcp::IgnoreReason::lease_declined, "declines 10.55.0.77"};
    desk.observe(given);
    given.decision = dhcp::Ignore{dhcp::IgnoreReason::lease_ended, "gives it back"};
    desk.observe(given);
    dhcp::Reply nak{dhcp::MessageType::nak, {}};
    nak.why = "it asks for another";
    given.decision = nak;
    desk.observe(given);
    const auto events = test.events();
    REQUIRE(events.size() == 3);
    CHECK(events[0].kind == EventKind::dhcp_lease);
    CHECK(events[0].host == "five");
    CHECK(events[0].address == "10.55.0.77");
    CHECK(events[1].kind == EventKind::dhcp_decline);
    CHECK(events[2].kind == EventKind::dhcp_nak);
    CHECK(events[2].reason == "it asks for another");
    CHECK(test.site().addresses().mac_of(*base::Ipv4::parse("10.55.0.77")) == *base::Mac::parse("52:54:00:00:00:05"));
}

TEST_CASE("an iPXE that is to be chained gets our iPXE once, then its script") {
    support::TestSite test("[dhcp]\nipxe = \"chain\"\n");
    base::Tick now{};
    app::DhcpDesk desk(test.site(), [&now] { return now; });
    auto client = ipxe("52:54:00:00:00:01");
    client.architecture = dhcp::Architecture::x64_uefi;
    client.ipxe_http = true;
    auto plan = desk.plan(client);
    CHECK(plan.chain);
    CHECK(plan.loader == "snponly.efi");
    auto told = report("52:54:00:00:00:01", dhcp::Reply{});
    told.file = "http://10.55.0.5:8080/boot/loader/snponly.efi";
    told.ciaddr = address;
    desk.observe(told);
    CHECK(desk.plan(client).chain);
    now += std::chrono::seconds(5);
    base::Event fetched;
    fetched.kind = EventKind::file_sent;
    fetched.mac = "52:54:00:00:00:01";
    fetched.file = "snponly.efi";
    test.site().note(fetched);
    CHECK_FALSE(desk.plan(client).chain);
    CHECK(desk.plan(client).answer);
    now += std::chrono::minutes(4);  // the next boot
    CHECK(desk.plan(client).chain);
}

TEST_CASE("a transfer by TFTP is an event of the host that has the address, a size probe is none") {
    support::TestSite test;
    test.site().addresses().learn(address, *base::Mac::parse("52:54:00:00:00:01"));
    app::TftpDesk desk(
        test.site(), [](const std::function<void()>& work) { work(); }, 8080);
    tftp::TransferEnd end;
    end.peer = {address, 2000};
    end.path = "snponly.efi";
    end.size = 9;
    end.probe = true;
    desk.ended(end);
    CHECK(test.events().empty());
    end.probe = false;
    end.sent = 9;
    end.complete = true;
    desk.ended(end);
    REQUIRE(test.events().size() == 1);
    CHECK(test.events()[0].host == "r640");
    CHECK(test.events()[0].reason.empty());
    end.complete = false;
    end.sent = 4;
    end.reason = "gave up after 30 s of silence";
    desk.ended(end);
    CHECK(test.events()[1].reason == "gave up after 30 s of silence");

    end.refused = tftp::ErrorCode::file_not_found;  // as most of what GRUB and shim look for
    desk.ended(end);
    CHECK(test.events().size() == 2);
    end.refused = tftp::ErrorCode::not_defined;
    end.reason = "Too many transfers, try again";
    for (int i = 0; i < 100; ++i)
        desk.ended(end);
    REQUIRE(test.events().size() > 2);
    CHECK(test.events().size() <= 22);  // ten a second, and the second may change
    CHECK(test.events()[2].reason == "Too many transfers, try again");
}

TEST_CASE("a query as TFTP carries it is read pair by pair") {
    CHECK(app::parse_plain_query("a=1&b=&c&a=2&=x") ==
          std::map<std::string, std::string>{{"a", "1"}, {"b", ""}, {"", "x"}});
    CHECK(app::parse_plain_query("").empty());
}
