#include "dhcp/classify.hpp"

#include "dhcp/options.hpp"
#include "tests/dhcp/requests.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace musterd;
using namespace musterd::dhcp;
using namespace musterd::dhcp::test;

namespace {

Client classified(const Request& request) {
    return classify(parsed(request));
}

}  // namespace

TEST_CASE("each kind of client is known by its own marks") {
    struct Case {
        const char* name;
        Request request;
        ClientKind kind;
        base::Firmware firmware;
        const char* arch;
        const char* answer_class;
    };
    const Case cases[] = {
        {"BIOS ROM", bios_rom_discover(), ClientKind::pxe_rom, base::Firmware::bios, "amd64", "PXEClient"},
        {"UEFI x64", edk2_discover(), ClientKind::uefi_pxe, base::Firmware::uefi, "amd64", "PXEClient"},
        {"UEFI x64 as EBC", edk2_discover(9), ClientKind::uefi_pxe, base::Firmware::uefi, "amd64", "PXEClient"},
        {"UEFI ia32", edk2_discover(6), ClientKind::uefi_pxe, base::Firmware::uefi, "i386", "PXEClient"},
        {"UEFI arm64", edk2_discover(11), ClientKind::uefi_pxe, base::Firmware::uefi, "arm64", "PXEClient"},
        {"HTTP Boot", http_boot_discover(), ClientKind::http_boot, base::Firmware::uefi, "amd64", "HTTPClient"},
        {"HTTP Boot that lists a PXE number", http_boot_discover(11), ClientKind::http_boot, base::Firmware::uefi,
         "arm64", "HTTPClient"},
        {"iPXE", ipxe_discover(), ClientKind::ipxe, base::Firmware::ipxe, "amd64", "PXEClient"},
        {"iPXE by 175 alone", ipxe_discover().without(77), ClientKind::ipxe, base::Firmware::ipxe, "amd64",
         "PXEClient"},
        {"iPXE by RFC 3004 class", ipxe_discover(7).without(175).with(77, "\x04iPXE"), ClientKind::ipxe,
         base::Firmware::ipxe, "amd64", "PXEClient"},
        {"BlueField", edk2_discover(11).with(60, "NVIDIA/BF/PXE:Arch:00011"), ClientKind::uefi_pxe,
         base::Firmware::uefi, "arm64", "NVIDIA/BF/PXE"},
        {"U-Boot", edk2_discover(0x16).with(60, "U-Boot.armv8"), ClientKind::uboot, base::Firmware::uboot, "arm64",
         "PXEClient"},
        {"operating system", plain_discover(), ClientKind::plain, base::Firmware::unknown, "", ""},
        {"BlueField's OS port", plain_discover().with(60, "NVIDIA/BF/OOB"), ClientKind::plain, base::Firmware::unknown,
         "", ""},
        {"class without its last letter", edk2_discover().with(60, "PXEClien"), ClientKind::plain,
         base::Firmware::unknown, "", ""},
    };
    for (const auto& test : cases) {
        CAPTURE(test.name);
        const auto client = classified(test.request);
        CHECK(client.kind == test.kind);
        CHECK(client.machine.firmware == test.firmware);
        CHECK(client.machine.arch == test.arch);
        CHECK(client.matched_class == test.answer_class);
    }
}

TEST_CASE("the machine is told by its address and UUID") {
    const auto machine = classified(edk2_discover()).machine;
    CHECK(machine.mac.to_string() == "52:54:00:12:34:56");
    REQUIRE(machine.uuid);
    CHECK(machine.uuid->to_string() == "564d1234-5678-9abc-def0-112233445566");
}

TEST_CASE("a UUID of zeros is none, but is echoed") {
    const auto client = classified(edk2_discover().with(97, base::Bytes(17)));
    CHECK_FALSE(client.machine.uuid);
    CHECK(client.machine_identifier == base::Bytes(17));
}

TEST_CASE("a GUID in place of the hardware address tells the UUID, and no MAC") {
    auto request = edk2_boot_request().without(97);
    request.hlen = 16;
    request.chaddr.assign(smbios_uuid.begin() + 1, smbios_uuid.end());
    const auto machine = classified(request).machine;
    CHECK(machine.mac.none());
    REQUIRE(machine.uuid);
    CHECK(machine.uuid->to_string() == "564d1234-5678-9abc-def0-112233445566");
    request.with(61, base::Bytes{1, 2, 3, 4, 5, 6, 7});
    CHECK(classified(request).machine.mac.to_string() == "02:03:04:05:06:07");
}

TEST_CASE("of several architectures the first that we serve counts") {
    const auto choose = [](base::Bytes listed) { return classified(edk2_discover().with(93, listed)).architecture; };
    CHECK(choose({0, 2, 0, 7}) == Architecture::x64_uefi);
    CHECK(choose({0, 7, 0, 0}) == Architecture::x64_uefi);
    CHECK(choose({0, 2, 0, 11}) == Architecture::arm_64_uefi);
    CHECK(choose({0, 2, 0, 37}) == Architecture::itanium);
    CHECK(choose({1, 0, 0, 7, 9}) == Architecture::x64_uefi);
    CHECK_FALSE(choose({7}));
    CHECK_FALSE(choose({}));
}

TEST_CASE("25: the architecture is option 93's, not the text's, which U-Boot writes in hex") {
    const auto client = classified(edk2_discover(11).with(60, "PXEClient:Arch:0000b:UNDI:003000"));
    CHECK(client.architecture == Architecture::arm_64_uefi);
    CHECK(client.machine.arch == "arm64");
}

TEST_CASE("a Raspberry Pi's ROM is not taken for a PC's") {
    auto request = bios_rom_discover();
    request.chaddr = {0xb8, 0x27, 0xeb, 1, 2, 3};
    CHECK(classified(request).architecture == Architecture::arm_rpiboot);
    CHECK(classified(request).machine.arch == "arm64");
}

TEST_CASE("HTTP is a feature that iPXE must name") {
    CHECK(classified(ipxe_discover()).ipxe_http);
    CHECK_FALSE(classified(ipxe_discover(0, false)).ipxe_http);
    CHECK_FALSE(classified(ipxe_discover().without(175)).ipxe_http);
}

TEST_CASE("every architecture of the registry has one row") {
    std::set<Architecture> seen;
    for (const auto& row : architecture_table()) {
        CHECK(seen.insert(row.architecture).second);
        CHECK_FALSE(row.name.empty());
        CHECK(find_architecture(row.architecture) == &row);
    }
    for (std::uint16_t number = 0; number <= 41; ++number)
        CHECK(seen.contains(static_cast<Architecture>(number)));
    CHECK(find_architecture(static_cast<Architecture>(42)) == nullptr);
}

TEST_CASE("single options are read, and malformed ones are none") {
    const auto with = [](int code, base::Bytes data) { return parsed(Request{}.with(code, std::move(data))); };
    CHECK(message_type(with(53, {8})) == MessageType::inform);
    CHECK_FALSE(message_type(with(53, {0})));
    CHECK_FALSE(message_type(with(53, {9})));
    CHECK_FALSE(message_type(with(53, {1, 1})));
    CHECK(server_identifier(with(54, {1, 2, 3, 4})) == base::Ipv4(0x01020304));
    CHECK_FALSE(server_identifier(with(54, {1, 2, 3})));
    CHECK(requested_address(with(50, {9, 8, 7, 6})) == base::Ipv4(0x09080706));
    CHECK(maximum_message_size(with(57, {5, 0xc0})) == 1472);
    CHECK_FALSE(maximum_message_size(with(57, {5})));
    CHECK(machine_identifier(with(97, base::Bytes(17))).has_value());
    CHECK_FALSE(machine_identifier(with(97, base::Bytes(16))));
    CHECK_FALSE(machine_identifier(with(97, base::Bytes(17, 1))));
    CHECK(vendor_class(with(60, {'a', '\n', 0x1b, 0, 'b'})) == "a..");
    CHECK(relay_circuit(with(82, {2, 1, 'r', 1, 4, 'p', '/', '1', ' '})) == "p/1 ");
    CHECK(relay_circuit(with(82, {1, 4, 0, 4, 0xde, 0xad})) == "0x0004dead");
    CHECK(relay_circuit(with(82, {1, 5, 'p'})).empty());
    CHECK(relay_circuit(with(82, {2, 1, 'r', 1})).empty());
    CHECK(relay_circuit(with(60, {'a'})).empty());
    CHECK_FALSE(client_identifier_mac(with(61, {6, 1, 2, 3, 4, 5, 6})));
}

TEST_CASE("musterd doctor's questions are known by their user class, and are of the kind that they claim to be") {
    const auto client = classified(edk2_discover().with(77, "\x0emusterd-doctor"));
    CHECK(client.probe);
    CHECK(client.kind == ClientKind::uefi_pxe);
    CHECK_FALSE(classified(edk2_discover()).probe);
    CHECK_FALSE(classified(ipxe_discover()).probe);
}

TEST_CASE("a user class is a list of RFC 3004, or raw text") {
    const auto read = [](std::string_view text) { return user_classes(parsed(Request{}.with(77, text))); };
    CHECK(read("iPXE") == std::vector<std::string>{"iPXE"});
    CHECK(read("\x04iPXE\x02me") == std::vector<std::string>{"iPXE", "me"});
    CHECK(read("\x04iPX") == std::vector<std::string>{"\x04iPX"});
    CHECK(read("").empty());
}

TEST_CASE("a boot item is read from option 43") {
    const auto with = [](base::Bytes data) { return boot_item(parsed(Request{}.with(43, std::move(data)))); };
    CHECK(with({71, 4, 0, 9, 0x80, 1, 255}) == BootItem{9, 0x8001});
    CHECK_FALSE(with({71, 3, 0, 9, 0, 255}));
    CHECK_FALSE(with({6, 1, 8, 255, 71, 4, 0, 9, 0, 0}));
}
