// Real firmware's packets, and our answers to them byte by byte.
#include "dhcp/classify.hpp"
#include "dhcp/handle.hpp"
#include "dhcp/packet.hpp"
#include "tests/dhcp/captures.hpp"
#include "tests/dhcp/requests.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::dhcp;
using namespace musterd::dhcp::test;

namespace {

base::Bytes capture(std::string_view hex) {
    bool ok = false;
    auto bytes = base::from_hex(hex, &ok);
    REQUIRE(ok);
    return bytes;
}

/// The answer from its options on; the header has tests of its own.
std::string options_of_answer(std::string_view hex) {
    const auto bytes = capture(hex);
    const auto outcome = handle({bytes, false, unconfigured_client(), ServerPort::dhcp}, our_server(), {},
                                {[](const Client&) { return welcome(); }});
    REQUIRE(outcome.answer);
    return base::to_hex(base::ByteView(outcome.answer->payload).subspan(236));
}

}  // namespace

TEST_CASE("a captured packet comes out of parse and serialize as it went in") {
    for (const auto hex : {ipxe_rom_capture, ovmf_capture}) {
        const auto bytes = capture(hex);
        const auto packet = parse(bytes);
        REQUIRE(packet);
        CHECK(base::to_hex(serialize(*packet)) == base::to_hex(bytes));
    }
}

TEST_CASE("QEMU's iPXE ROM is iPXE with HTTP on BIOS") {
    const auto client = classify(*parse(capture(ipxe_rom_capture)));
    CHECK(client.kind == ClientKind::ipxe);
    CHECK(client.ipxe_http);
    CHECK(client.architecture == Architecture::x86_bios);
    CHECK(client.machine.mac.to_string() == "52:54:00:00:00:01");
    CHECK(client.machine.uuid->to_string() == "564d1234-5678-9abc-def0-112233445566");
}

TEST_CASE("OVMF is UEFI PXE on x64") {
    const auto client = classify(*parse(capture(ovmf_capture)));
    CHECK(client.kind == ClientKind::uefi_pxe);
    CHECK(client.architecture == Architecture::x64_uefi);
    CHECK(client.machine.vendor_class == "PXEClient:Arch:00007:UNDI:003000");
    CHECK(client.machine.uuid->to_string() == "564d1234-5678-9abc-def0-112233445567");
}

TEST_CASE("the OFFER to QEMU's iPXE ROM") {
    CHECK(options_of_answer(ipxe_rom_capture) ==
          "63825363"
          "350102"
          "3604c0000201"
          "3c09505845436c69656e74"
          "61110034124d567856bc9adef0112233445566"
          "2b0a0601080a0400505845ff"
          "af03010101"
          "ff"
          "000000");
}

TEST_CASE("the OFFER to OVMF") {
    CHECK(options_of_answer(ovmf_capture) ==
          "63825363"
          "350102"
          "3604c0000201"
          "3c09505845436c69656e74"
          "61110034124d567856bc9adef0112233445567"
          "ff" +
              std::string(40, '0'));
}
