// The conformance suite of the protocol facts, by its numbers, as far as packets go.
#include "dhcp/handle.hpp"

#include "tests/dhcp/requests.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::dhcp;
using namespace musterd::dhcp::test;

namespace {

Seen answer_to(const Outcome& outcome) {
    REQUIRE(outcome.answer);
    return see(outcome.answer->payload);
}

base::Bytes uuid_bytes() {
    return {smbios_uuid.begin(), smbios_uuid.end()};
}

const base::Bytes our_bytes{0xc0, 0, 2, 1};
const base::Bytes fetch_at_once{0x06, 0x01, 0x08, 0x0a, 0x04, 0x00, 0x50, 0x58, 0x45, 0xff};
const base::Endpoint everyone{base::Ipv4(0xffffffff), 68};

void check_frame(const Seen& seen, std::uint8_t type) {
    CHECK(seen.byte(0) == 2);
    CHECK(seen.yiaddr() == 0);
    CHECK(seen.siaddr() == our_address);
    CHECK(seen.option(53) == base::Bytes{type});
    CHECK(seen.option(54) == our_bytes);
    CHECK(seen.text(44, 64) == "192.0.2.1");
    CHECK(seen.ended);
    CHECK(seen.bytes.size() >= 300);
    CHECK(seen.bytes.size() <= 1472);
    for (const int lease : {1, 3, 6, 51, 52, 66})
        CHECK_FALSE(seen.has(lease));
}

}  // namespace

TEST_CASE("1: UEFI x64's DISCOVER gets an OFFER by broadcast, with the loader and without option 43") {
    const auto outcome = ask(edk2_discover());
    const auto seen = answer_to(outcome);
    check_frame(seen, 2);
    CHECK(outcome.answer->to == everyone);
    CHECK(seen.flags() == 0x8000);
    CHECK(seen.word(4) == 0x11223344);
    CHECK(seen.word(12) == 0);
    CHECK(seen.codes() == std::vector{53, 54, 60, 97});
    CHECK(seen.option(60) == text_bytes("PXEClient"));
    CHECK(seen.option(97) == uuid_bytes());
    CHECK(seen.file() == "snponly.efi");
    CHECK(outcome.report.file == "snponly.efi");
}

TEST_CASE("2: UEFI's REQUEST on 4011 gets an ACK where it came from, with its own address in ciaddr") {
    const base::Endpoint client{base::Ipv4(0xc0000232), 4011};
    const auto outcome = ask_from(client, edk2_boot_request(), ServerPort::boot_server);
    const auto seen = answer_to(outcome);
    check_frame(seen, 5);
    CHECK(outcome.answer->to == client);
    CHECK(seen.word(12) == 0xc0000232);
    CHECK(seen.word(4) == 0x11223344);
    CHECK(seen.word(28) == 0x52540012);
    CHECK(seen.file() == "snponly.efi");
    CHECK_FALSE(seen.has(43));
    CHECK(outcome.report.port == 4011);
    CHECK(outcome.report.ciaddr.to_string() == "192.0.2.50");
}

TEST_CASE("4: an iPXE ROM that knows HTTP is given the script's URL, first in priority") {
    for (const auto architecture : std::initializer_list<std::uint16_t>{0, 7}) {
        const auto seen = answer_to(ask(ipxe_discover(architecture)));
        check_frame(seen, 2);
        CHECK(seen.file() == "http://192.0.2.1:8080/boot/script?mac=52:54:00:12:34:56");
        CHECK(seen.option(43) == fetch_at_once);
        CHECK(seen.option(175) == base::Bytes{1, 1, 1});
        CHECK(seen.codes() == std::vector{53, 54, 60, 97, 43, 175});
    }
}

TEST_CASE("5: an iPXE ROM without HTTP is given the script by TFTP, not a loader that it would load for ever") {
    const auto seen = answer_to(ask(ipxe_discover(0, false)));
    CHECK(seen.file() == "tftp://192.0.2.1/boot/script%3Fmac=52:54:00:12:34:56");
    auto no_script = welcome();
    no_script.script.clear();
    CHECK(reason_of(ask(ipxe_discover(), ServerPort::dhcp, no_script)) == IgnoreReason::no_loader);
}

TEST_CASE("6: option 97 is echoed byte by byte, and left out when absent or malformed") {
    CHECK(answer_to(ask(bios_rom_discover())).option(97) == uuid_bytes());
    CHECK_FALSE(answer_to(ask(bios_rom_discover().without(97))).has(97));
    CHECK_FALSE(answer_to(ask(bios_rom_discover().with(97, base::Bytes(16)))).has(97));
    CHECK_FALSE(answer_to(ask(bios_rom_discover().with(97, base::Bytes(17, 1)))).has(97));
    CHECK(answer_to(ask(bios_rom_discover().with(97, base::Bytes(17)))).option(97) == base::Bytes(17));
}

TEST_CASE("7: a BIOS ROM is told to fetch the header's file at once") {
    const auto seen = answer_to(ask(bios_rom_discover()));
    check_frame(seen, 2);
    CHECK(seen.option(43) == fetch_at_once);
    CHECK(seen.file() == "undionly.kpxe");
    CHECK(seen.byte(108 + 13) == 0);
    CHECK(seen.codes() == std::vector{53, 54, 60, 97, 43});
}

TEST_CASE("7: a BIOS ROM that asks again on 4011 is told the same") {
    const base::Endpoint client{base::Ipv4(0xc0000232), 68};
    auto request = bios_rom_discover().with(53, base::Bytes{3}).with(54, our_bytes);
    request.ciaddr = 0xc0000232;
    const auto outcome = ask_from(client, request, ServerPort::boot_server);
    const auto seen = answer_to(outcome);
    check_frame(seen, 5);
    CHECK(outcome.answer->to == client);
    CHECK(seen.option(43) == fetch_at_once);
    CHECK(seen.file() == "undionly.kpxe");
}

TEST_CASE("18: HTTP Boot is given a URL with a literal address, NUL-ended and last") {
    const auto seen = answer_to(ask(http_boot_discover()));
    check_frame(seen, 2);
    CHECK(seen.option(60) == text_bytes("HTTPClient"));
    const std::string_view url = "http://192.0.2.1:8080/boot/loader/snponly.efi";
    CHECK(seen.option(67) == text_bytes(std::string_view(url.data(), url.size() + 1)));
    CHECK(seen.codes() == std::vector{53, 54, 60, 97, 67});
    CHECK(seen.file().empty());
}

TEST_CASE("24: what belongs to the main DHCP server is met with silence") {
    const auto as = [](std::uint8_t type) { return edk2_discover().with(53, base::Bytes{type}); };
    const auto other = as(3).with(54, base::Bytes{10, 0, 0, 1}).with(50, base::Bytes{10, 0, 0, 77});
    const auto outcome = ask(other);
    CHECK(reason_of(outcome) == IgnoreReason::other_server);
    CHECK(outcome.report.requested_address->to_string() == "10.0.0.77");
    CHECK(outcome.report.client.machine.mac.to_string() == "52:54:00:12:34:56");
    CHECK(reason_of(ask(as(3))) == IgnoreReason::not_a_boot_message);
    CHECK(reason_of(ask(as(3).with(54, our_bytes))) == IgnoreReason::not_a_boot_message);
    for (const auto type : std::initializer_list<std::uint8_t>{2, 4, 5, 6, 7, 8, 99}) {
        CHECK(reason_of(ask(as(type))) == IgnoreReason::not_a_boot_message);
    }
    CHECK(reason_of(ask(edk2_discover().without(53))) == IgnoreReason::not_a_boot_message);
    CHECK(reason_of(ask(plain_discover())) == IgnoreReason::plain_client);
    CHECK(reason_of(ask(plain_discover().with(93, base::Bytes{0, 7}))) == IgnoreReason::plain_client);
    CHECK(reason_of(ask(edk2_discover().without(93))) == IgnoreReason::no_architecture);
    auto reply = edk2_discover();
    reply.op = 2;
    CHECK(reason_of(ask(reply)) == IgnoreReason::not_a_request);
}

TEST_CASE("24: nothing but REQUEST and INFORM is answered on 4011") {
    for (const auto type : std::initializer_list<std::uint8_t>{1, 2, 4, 5, 6, 7}) {
        const auto request = edk2_boot_request().with(53, base::Bytes{type});
        CHECK(reason_of(ask(request, ServerPort::boot_server)) == IgnoreReason::not_a_boot_message);
    }
    CHECK(ask(edk2_boot_request().with(53, base::Bytes{8}), ServerPort::boot_server).answer);
}

TEST_CASE("24: a boot item is acknowledged and echoed, on 67 to the address that the client has") {
    const base::Bytes item{71, 4, 0, 3, 0, 0, 255};
    auto request = bios_rom_discover().with(53, base::Bytes{8}).with(43, item);
    request.ciaddr = 0xc0000232;
    const auto outcome = ask(request);
    const auto seen = answer_to(outcome);
    check_frame(seen, 5);
    CHECK(seen.option(43) == item);
    CHECK(outcome.answer->to == base::Endpoint{base::Ipv4(0xc0000232), 68});
    request.with(43, base::Bytes{71, 4, 0, 3, 0x80, 0, 255});
    CHECK(reason_of(ask(request)) == IgnoreReason::credentials_asked);
    CHECK(reason_of(ask(request, ServerPort::boot_server)) == IgnoreReason::credentials_asked);
}

TEST_CASE("25: an architecture without a loader is not answered, unless the plan names one") {
    CHECK(reason_of(ask(edk2_discover(37))) == IgnoreReason::no_loader);
    const auto request = edk2_discover(11).with(60, "PXEClient:Arch:0000b:UNDI:003000");
    CHECK(answer_to(ask(request)).file() == "grubaa64-musterd.efi");
    auto plan = welcome();
    plan.loader = "snponly-arm64.efi";
    const auto seen = answer_to(ask(request, ServerPort::dhcp, plan));
    CHECK(seen.file() == "snponly-arm64.efi");
    CHECK_FALSE(seen.has(43));
    const auto uboot = answer_to(ask(edk2_discover(0x16).with(60, "U-Boot.armv8"), ServerPort::dhcp, plan));
    CHECK(uboot.file() == "snponly-arm64.efi");
    CHECK(answer_to(ask(edk2_discover(0x16).with(60, "U-Boot.armv8"))).file() == "grubaa64-musterd.efi");
    CHECK(reason_of(ask(edk2_discover(4711))) == IgnoreReason::unserved_architecture);
}

TEST_CASE("26: a BlueField's class is echoed as its prefix") {
    auto plan = welcome();
    plan.loader = "snponly-arm64.efi";
    const auto request = edk2_discover(11).with(60, "NVIDIA/BF/PXE");
    CHECK(answer_to(ask(request, ServerPort::dhcp, plan)).option(60) == text_bytes("NVIDIA/BF/PXE"));
    CHECK(reason_of(ask(plain_discover().with(60, "NVIDIA/BF/OOB"))) == IgnoreReason::plain_client);
}

TEST_CASE("27: a relayed DISCOVER is answered to the relay, with its option 82 untouched and last") {
    const base::Bytes agent{1, 4, 'p', 'o', 'r', 't', 200, 2, 0xde, 0xad};
    for (const auto& request : {edk2_discover(), ipxe_discover(), http_boot_discover()}) {
        const auto outcome = ask(relayed(request, agent));
        const auto seen = answer_to(outcome);
        check_frame(seen, 2);
        CHECK(outcome.answer->to == base::Endpoint{base::Ipv4(0x0a010001), 67});
        CHECK(seen.word(24) == 0x0a010001);
        CHECK(seen.flags() == 0x8000);
        CHECK(seen.option(82) == agent);
        CHECK(seen.codes().back() == 82);
    }
}

TEST_CASE("the plan's refusal is the reason, in the plan's words") {
    const auto outcome = ask(edk2_discover(), ServerPort::dhcp, Plan{false, "r640 is held", {}, {}});
    CHECK(reason_of(outcome) == IgnoreReason::policy);
    CHECK(std::get<Ignore>(outcome.report.decision).why == "r640 is held");
}
