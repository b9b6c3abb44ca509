// Which networks are answered, from which address of ours, and what a person may change about an answer.
#include "dhcp/handle.hpp"

#include "tests/dhcp/requests.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace musterd;
using namespace musterd::dhcp;
using namespace musterd::dhcp::test;

namespace {

// An interface with two addresses; behind a relay, 10.1.0.0/16.
const std::array ours{*base::Ipv4Network::parse("192.0.2.1/24"), *base::Ipv4Network::parse("198.51.100.1/24")};
const auto behind_relay = *base::Ipv4Network::parse("10.1.0.0/16");
const base::Bytes first_of_ours{192, 0, 2, 1};
const base::Bytes second_of_ours{198, 51, 100, 1};

base::Ipv4 address(const char* text) {
    return *base::Ipv4::parse(text);
}

Outcome ask_ours(const Request& request, ServerPort port, const base::Endpoint& from, const Plan& plan = welcome()) {
    const auto bytes = request.bytes();
    Policy policy{[&plan](const Client&) { return plan; }};
    policy.class_of = [](std::string_view text) {
        return text.starts_with("mycluster") ? std::optional(VendorClass{"mycluster", Transport::pxe}) : std::nullopt;
    };
    policy.serves = [](base::Ipv4 other) { return behind_relay.contains(other); };
    return handle({bytes, false, from, port}, {address("192.0.2.1"), 8080, ours}, {}, policy);
}

Seen answer_to(const Outcome& outcome) {
    REQUIRE(outcome.answer);
    return see(outcome.answer->payload);
}

}  // namespace

TEST_CASE("27: a relay is answered if its network is served, at our own address as by broadcast") {
    const base::Bytes agent{1, 4, 'p', 'o', 'r', 't', 0xee, 2, 0xff, 0x00};
    for (const auto port : {ServerPort::dhcp, ServerPort::dhcp_own}) {
        auto request = relayed(edk2_discover(), agent);
        const auto outcome = ask_ours(request, port, {address("10.1.0.1"), 67});
        const auto seen = answer_to(outcome);
        CHECK(outcome.answer->to == base::Endpoint{address("10.1.0.1"), 67});
        CHECK(seen.codes().back() == 82);
        CHECK(seen.option(82) == agent);
        CHECK(seen.word(24) == 0x0a010001);
        CHECK(seen.option(54) == first_of_ours);
        request.giaddr = 0x0a020001;
        CHECK(reason_of(ask_ours(request, port, {address("10.2.0.1"), 67})) == IgnoreReason::off_link);
    }
}

TEST_CASE("a lease goes through a relay as well, for its own network, with the address it is renewed at") {
    auto plan = welcome();
    plan.lease = Lease{{address("10.1.0.7"), 16}, address("10.1.0.1"), {}, std::chrono::hours(1), "far"};
    const auto outcome =
        ask_ours(relayed(plain_discover(), {1, 1, 0}), ServerPort::dhcp_own, {address("10.1.0.1"), 67}, plan);
    const auto seen = answer_to(outcome);
    CHECK(seen.yiaddr() == 0x0a010007);
    CHECK(seen.option(54) == first_of_ours);
    CHECK(outcome.answer->to == base::Endpoint{address("10.1.0.1"), 67});
    auto renewal = plain_discover().with(53, base::Bytes{3});
    renewal.ciaddr = 0x0a010007;
    const auto renewed = ask_ours(renewal, ServerPort::dhcp_own, {address("10.1.0.7"), 68}, plan);
    CHECK(renewed.answer->to == base::Endpoint{address("10.1.0.7"), 68});
}

TEST_CASE("30: on 4011 only networks of ours and those behind a relay are answered") {
    const auto ask_boot_server = [](const char* from) {
        return ask_ours(edk2_boot_request(), ServerPort::boot_server, {address(from), 4011});
    };
    for (const auto* from : {"192.0.2.50", "198.51.100.50", "10.1.7.7"}) {
        CAPTURE(from);
        CHECK(ask_boot_server(from).answer->to == base::Endpoint{address(from), 4011});
    }
    for (const auto* from : {"203.0.113.9", "10.2.0.1", "224.0.0.1", "127.0.0.1"}) {
        CAPTURE(from);
        const auto outcome = ask_boot_server(from);
        CHECK(reason_of(outcome) == IgnoreReason::off_link);
        CHECK(std::get<Ignore>(outcome.report.decision).why.find("dhcp.relays") != std::string::npos);
    }
}

TEST_CASE("a forged ciaddr in a broadcast sends nothing outside") {
    const base::Bytes chosen{71, 4, 0x80, 0, 0, 0, 255};
    auto request = bios_rom_discover().with(53, base::Bytes{3}).with(54, first_of_ours).with(43, chosen);
    request.ciaddr = 0xc0000232;
    CHECK(ask_ours(request, ServerPort::dhcp, unconfigured_client()).answer->to.address == address("192.0.2.50"));
    request.ciaddr = 0xcb007109;
    CHECK(reason_of(ask_ours(request, ServerPort::dhcp, unconfigured_client())) == IgnoreReason::off_link);
}

TEST_CASE("of several addresses the one in the client's network is ours to it") {
    auto request = bios_rom_discover();
    CHECK(answer_to(ask_ours(request, ServerPort::dhcp, unconfigured_client())).option(54) == first_of_ours);
    auto plan = welcome();
    plan.lease = Lease{{address("198.51.100.7"), 24}, {}, {}, std::chrono::hours(1), {}};
    const auto outcome = ask_ours(request, ServerPort::dhcp, unconfigured_client(), plan);
    const auto seen = answer_to(outcome);
    CHECK(seen.option(54) == second_of_ours);
    CHECK(seen.siaddr() == 0xc6336401);
    CHECK(outcome.report.local == address("198.51.100.1"));
    // A script's address is ours in its network too.
    const auto ipxe = answer_to(ask_ours(ipxe_discover(), ServerPort::dhcp, unconfigured_client(), plan));
    CHECK(ipxe.file().starts_with("http://198.51.100.1:8080/boot/script"));
}

TEST_CASE("a vendor class that a person has named is a boot client, and is told its own name") {
    const auto seen = answer_to(
        ask_ours(edk2_discover(11).with(60, "mycluster:Arch:00011"), ServerPort::dhcp, unconfigured_client()));
    CHECK(seen.option(60) == text_bytes("mycluster"));
    CHECK(seen.file() == "grubaa64-musterd.efi");
    CHECK(reason_of(ask(edk2_discover(11).with(60, "mycluster"))) == IgnoreReason::plain_client);
}

TEST_CASE("26: a BlueField is told its own class, or the one that a person wants it to be told") {
    auto plan = welcome();
    const auto request = edk2_discover(11).with(60, "NVIDIA/BF/PXE");
    CHECK(answer_to(ask(request, ServerPort::dhcp, plan)).option(60) == text_bytes("NVIDIA/BF/PXE"));
    plan.reply_class = "PXEClient";
    CHECK(answer_to(ask(request, ServerPort::dhcp, plan)).option(60) == text_bytes("PXEClient"));
}

TEST_CASE("3: option 43 reaches UEFI only when a person says so") {
    const base::Bytes direct{0x06, 0x01, 0x08, 0x0a, 0x04, 0x00, 0x50, 0x58, 0x45, 0xff};
    struct {
        Discovery discovery;
        bool uefi;
        bool bios;
    } const rows[] = {
        {Discovery::automatic, false, true},
        {Discovery::direct, true, true},
        {Discovery::none, false, false},
    };
    for (const auto& row : rows) {
        auto plan = welcome();
        plan.discovery = row.discovery;
        const auto uefi = answer_to(ask(edk2_discover(), ServerPort::dhcp, plan));
        const auto bios = answer_to(ask(bios_rom_discover(), ServerPort::dhcp, plan));
        CHECK(uefi.has(43) == row.uefi);
        CHECK(bios.has(43) == row.bios);
        if (row.uefi) CHECK(uefi.option(43) == direct);
        if (row.bios) CHECK(bios.option(43) == direct);
    }
}

TEST_CASE("a menu has two entries, the first chosen at once, and what is chosen from it is answered") {
    auto plan = welcome();
    plan.discovery = Discovery::menu;
    const auto menu = answer_to(ask(edk2_discover(), ServerPort::dhcp, plan)).option(43);
    Options options;
    REQUIRE(parse_options(menu, options));
    CHECK(options.get(PxeOption::discovery_control)->front() == 7);
    CHECK(base::to_hex(*options.get(PxeOption::boot_servers)) == "800101c0000201");
    CHECK(base::to_hex(*options.get(PxeOption::menu_prompt)) == "00505845");
    const auto entries = *options.get(PxeOption::boot_menu);
    CHECK(base::to_hex(entries.first(3)) == "800107");
    CHECK(base::as_text(entries.subspan(3, 7)) == "musterd");
    CHECK(base::as_text(entries.subspan(13)) == "Local boot");

    const base::Bytes chosen{71, 4, 0x80, 1, 0, 0, 255};
    const auto request = edk2_boot_request().with(43, chosen);
    const auto seen = answer_to(ask(request, ServerPort::boot_server, plan));
    CHECK(seen.option(43) == chosen);
    CHECK(seen.file() == "snponly.efi");
}

TEST_CASE("a Raspberry Pi reads the words that it waits for") {
    auto request = bios_rom_discover();
    request.chaddr = {0xdc, 0xa6, 0x32, 1, 2, 3};
    const auto outcome = ask(request);
    const auto seen = answer_to(outcome);
    Options options;
    REQUIRE(parse_options(seen.option(43), options));
    CHECK(base::to_hex(options.get(PxeOption::boot_menu)->first(3)) == "000011");
    CHECK(base::as_text(options.get(PxeOption::boot_menu)->subspan(3)) == "Raspberry Pi Boot");
    CHECK(base::to_hex(*options.get(PxeOption::menu_prompt)) == "00505845");
    CHECK(seen.siaddr() == our_address);
}

TEST_CASE("iPXE that is to be chained gets the loader, by URL where it knows HTTP") {
    auto plan = welcome();
    plan.chain = true;
    plan.loader = "ipxe.pxe";
    CHECK(answer_to(ask(ipxe_discover(), ServerPort::dhcp, plan)).file() ==
          "http://192.0.2.1:8080/boot/loader/ipxe.pxe");
    CHECK(answer_to(ask(ipxe_discover(0, false), ServerPort::dhcp, plan)).file() == "ipxe.pxe");
}

TEST_CASE("every family of loaders that the configuration knows is served, and no other name is used") {
    std::vector<std::string_view> used;
    for (const auto& row : architecture_table()) {
        CAPTURE(row.name);
        CHECK(row.family.empty() == row.loader.empty());
        if (row.family.empty()) continue;
        CHECK(std::ranges::find(base::loader_families, row.family) != base::loader_families.end());
        used.push_back(row.family);
    }
    for (const auto family : base::loader_families) {
        CAPTURE(family);
        CHECK(std::ranges::find(used, family) != used.end());
    }
}

TEST_CASE("29: shim reads the header's file and siaddr, of the OFFER or of the ACK on 4011: both have them") {
    for (const auto architecture : {std::uint16_t{7}, std::uint16_t{11}}) {
        auto plan = welcome();
        plan.loader = architecture == 7 ? "secure/shimx64.efi" : "secure/shimaa64.efi";
        const auto offer = answer_to(ask(edk2_discover(architecture), ServerPort::dhcp, plan));
        const auto ack = answer_to(ask(edk2_boot_request(architecture), ServerPort::boot_server, plan));
        for (const auto* seen : {&offer, &ack}) {
            CHECK(seen->file() == plan.loader);
            CHECK(seen->siaddr() == our_address);
            CHECK_FALSE(seen->has(67));
        }
    }
}
