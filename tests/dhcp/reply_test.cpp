#include "dhcp/reply.hpp"

#include "dhcp/boot_file.hpp"
#include "tests/dhcp/requests.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::dhcp;
using namespace musterd::dhcp::test;

namespace {

base::Endpoint to(const Request& request, MessageType type, ServerPort port, const base::Endpoint& from) {
    return destination(parsed(request), {type, "file", {}}, from, port, {});
}

Client ipxe(bool http) {
    return classify(parsed(ipxe_discover(0, http)));
}

constexpr std::string_view long_script =
    "/boot/script?mac=52:54:00:12:34:56&uuid=564d1234-5678-9abc-def0-112233445566&arch=x86_64&platform=efi&serial=ABCD";

}  // namespace

TEST_CASE("parameters are dropped until the name fits, the UUID first and then from the end") {
    CHECK(drop_parameters(long_script, 200) == long_script);
    CHECK(drop_parameters(long_script, long_script.size()) == long_script);
    CHECK(drop_parameters(long_script, long_script.size() - 1) ==
          "/boot/script?mac=52:54:00:12:34:56&arch=x86_64&platform=efi&serial=ABCD");
    CHECK(drop_parameters(long_script, 60) == "/boot/script?mac=52:54:00:12:34:56&arch=x86_64&platform=efi");
    CHECK(drop_parameters(long_script, 35) == "/boot/script?mac=52:54:00:12:34:56");
    CHECK(drop_parameters(long_script, 20) == "/boot/script");
    CHECK(drop_parameters(long_script, 5) == "/boot/script");
    CHECK(drop_parameters("/path", 2) == "/path");
}

TEST_CASE("a script's URL fills the header's file at most, by HTTP and by TFTP") {
    auto plan = welcome();
    for (std::size_t padding = 0; padding < 120; ++padding) {
        plan.script = "/boot/script?mac=52:54:00:12:34:56&p=" + std::string(padding, 'x');
        for (const bool http : {true, false}) {
            const auto file = boot_file(ipxe(http), plan, our_server());
            CHECK(file.size() <= longest_file);
            CHECK(file.find("mac=52:54:00:12:34:56") != std::string::npos);
        }
    }
}

TEST_CASE("a name that cannot be shortened to fit is not told") {
    Plan plan{true, {}, "/" + std::string(127, 'x'), std::string(128, 'y')};
    CHECK(reason_of(ask(ipxe_discover(), ServerPort::dhcp, plan)) == IgnoreReason::name_too_long);
    CHECK(reason_of(ask(edk2_discover(), ServerPort::dhcp, plan)) == IgnoreReason::name_too_long);
    CHECK(ask(http_boot_discover(), ServerPort::dhcp, plan).answer);
    plan.loader.pop_back();
    const auto outcome = ask(edk2_discover(), ServerPort::dhcp, plan);
    REQUIRE(outcome.answer);
    CHECK(see(outcome.answer->payload).file() == plan.loader);
    plan.loader = std::string(230, 'y');
    CHECK(reason_of(ask(http_boot_discover(), ServerPort::dhcp, plan)) == IgnoreReason::name_too_long);
}

TEST_CASE("a loader that the plan names replaces the default, but never the script of iPXE") {
    auto plan = welcome();
    plan.loader = "special.efi";
    CHECK(see(ask(edk2_discover(), ServerPort::dhcp, plan).answer.value().payload).file() == "special.efi");
    CHECK(boot_file(ipxe(true), plan, our_server()).starts_with("http://192.0.2.1:8080/boot/script"));
    CHECK(ask(http_boot_discover(), ServerPort::dhcp, plan).report.file ==
          "http://192.0.2.1:8080/boot/loader/special.efi");
}

TEST_CASE("HTTP Boot gets a disk in place of a loader, other firmware its loader") {
    auto plan = welcome();
    plan.disk = "/boot/disk.iso?mac=52:54:00:12:34:56&uuid=" + std::string(300, 'x');
    CHECK(ask(http_boot_discover(), ServerPort::dhcp, plan).report.file ==
          "http://192.0.2.1:8080/boot/disk.iso?mac=52:54:00:12:34:56");
    CHECK(see(ask(edk2_discover(), ServerPort::dhcp, plan).answer.value().payload).file() == "snponly.efi");
    CHECK(boot_file(ipxe(true), plan, our_server()).starts_with("http://192.0.2.1:8080/boot/script"));
}

TEST_CASE("the hardware address comes back as it was sent, whatever its length and type") {
    auto request = edk2_boot_request();
    request.htype = 32;
    request.hlen = 16;
    request.chaddr.assign(smbios_uuid.begin() + 1, smbios_uuid.end());
    const auto outcome = ask(request, ServerPort::boot_server);
    REQUIRE(outcome.answer);
    const auto sent = request.bytes();
    const auto& got = outcome.answer->payload;
    CHECK(got[1] == 32);
    CHECK(got[2] == 16);
    CHECK(std::equal(sent.begin() + 28, sent.begin() + 44, got.begin() + 28));
}

TEST_CASE("an answer is no larger than the client takes: option 82 gives way") {
    CHECK(reply_limit(parsed(edk2_discover())) == 1444);
    CHECK(reply_limit(parsed(bios_rom_discover())) == 1232);
    CHECK(reply_limit(parsed(plain_discover())) == 548);
    CHECK(reply_limit(parsed(edk2_discover().with(57, base::Bytes{0, 1}))) == 548);
    CHECK(reply_limit(parsed(edk2_discover().with(57, base::Bytes{0xff, 0xff}))) == 1444);
    auto request = relayed(edk2_discover(), base::Bytes(255, 7));
    request.options.emplace_back(82, base::Bytes(200, 8));
    const auto echoed = ask(request);
    REQUIRE(echoed.answer);
    CHECK(see(echoed.answer->payload).codes() == std::vector{53, 54, 60, 97, 82, 82});
    const auto dropped = ask(request.without(57));
    REQUIRE(dropped.answer);
    CHECK_FALSE(see(dropped.answer->payload).has(82));
    CHECK(dropped.answer->payload.size() <= 548);
}

TEST_CASE("the largest URL leaves the answer within what everyone must take") {
    auto plan = welcome();
    plan.loader = std::string(254 - std::string_view("http://192.0.2.1:8080/boot/loader/").size(), 'y');
    const auto outcome = ask(http_boot_discover().without(57), ServerPort::dhcp, plan);
    REQUIRE(outcome.answer);
    CHECK(outcome.answer->payload.size() <= 548);
    CHECK(see(outcome.answer->payload).option(67).size() == 255);
}

TEST_CASE("where an answer goes") {
    const base::Endpoint nobody{base::Ipv4{}, 68};
    const base::Endpoint client{base::Ipv4(0xc0000232), 1068};
    const base::Endpoint everyone{base::Ipv4(0xffffffff), 68};
    auto addressed = edk2_discover();
    addressed.ciaddr = 0xc0000232;
    auto unflagged = edk2_discover();
    unflagged.flags = 0;
    const auto relay = relayed(addressed, {1, 1, 1});
    const base::Endpoint agent{base::Ipv4(0x0a010001), 67};
    CHECK(to(edk2_discover(), MessageType::offer, ServerPort::dhcp, nobody) == everyone);
    CHECK(to(unflagged, MessageType::offer, ServerPort::dhcp, nobody) == everyone);
    CHECK(to(addressed, MessageType::offer, ServerPort::dhcp, client) == everyone);
    CHECK(to(addressed, MessageType::ack, ServerPort::dhcp, client) == base::Endpoint{client.address, 68});
    CHECK(to(relay, MessageType::offer, ServerPort::dhcp, agent) == agent);
    CHECK(to(addressed, MessageType::ack, ServerPort::boot_server, client) == client);
    CHECK(to(relay, MessageType::ack, ServerPort::boot_server, client) == client);
    CHECK(to(addressed, MessageType::ack, ServerPort::boot_server, nobody) == base::Endpoint{client.address, 68});
    CHECK(to(edk2_discover(), MessageType::ack, ServerPort::boot_server, nobody) == everyone);
}
