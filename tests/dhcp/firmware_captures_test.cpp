// Packets of real firmware, as tests/lab/goldens.py wrote them down in tests/dhcp/captures: each is what its table row
// says, and comes out of parse and serialize as it went in.
#include "dhcp/handle.hpp"
#include "dhcp/options.hpp"
#include "dhcp/packet.hpp"
#include "server/base/fd.hpp"

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

using namespace musterd;
using namespace musterd::dhcp;

namespace {

struct Row {
    std::string_view file;
    MessageType message;
    ClientKind kind;
    std::optional<Architecture> architecture;
};

constexpr std::array rows = {
    Row{"arm32.pxeclient.discover.hex", MessageType::discover, ClientKind::uefi_pxe, Architecture::arm_32_uefi},
    Row{"arm32.pxeclient.request-4011.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::arm_32_uefi},
    Row{"arm32.pxeclient.request.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::arm_32_uefi},
    Row{"arm64-http.httpclient.discover.hex", MessageType::discover, ClientKind::http_boot,
        Architecture::arm_64_uefi_http},
    Row{"arm64-http.httpclient.request.hex", MessageType::request, ClientKind::http_boot,
        Architecture::arm_64_uefi_http},
    Row{"arm64-secure.pxeclient.discover.hex", MessageType::discover, ClientKind::uefi_pxe, Architecture::arm_64_uefi},
    Row{"arm64-secure.pxeclient.request-4011.hex", MessageType::request, ClientKind::uefi_pxe,
        Architecture::arm_64_uefi},
    Row{"arm64-secure.pxeclient.request.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::arm_64_uefi},
    Row{"arm64.pxeclient.discover.hex", MessageType::discover, ClientKind::uefi_pxe, Architecture::arm_64_uefi},
    Row{"arm64.pxeclient.request-4011.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::arm_64_uefi},
    Row{"arm64.pxeclient.request.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::arm_64_uefi},
    Row{"bios-e1000.ipxe.discover.hex", MessageType::discover, ClientKind::ipxe, Architecture::x86_bios},
    Row{"bios-e1000.ipxe.request.hex", MessageType::request, ClientKind::ipxe, Architecture::x86_bios},
    Row{"bios-rtl8139.ipxe.discover.hex", MessageType::discover, ClientKind::ipxe, Architecture::x86_bios},
    Row{"bios-rtl8139.ipxe.request.hex", MessageType::request, ClientKind::ipxe, Architecture::x86_bios},
    Row{"bios.ipxe.discover-relayed.hex", MessageType::discover, ClientKind::ipxe, Architecture::x86_bios},
    Row{"bios.ipxe.discover.hex", MessageType::discover, ClientKind::ipxe, Architecture::x86_bios},
    Row{"bios.ipxe.request-relayed.hex", MessageType::request, ClientKind::ipxe, Architecture::x86_bios},
    Row{"bios.ipxe.request.hex", MessageType::request, ClientKind::ipxe, Architecture::x86_bios},
    Row{"udhcp.discover-relayed.hex", MessageType::discover, ClientKind::plain, std::nullopt},
    Row{"udhcp.discover.hex", MessageType::discover, ClientKind::plain, std::nullopt},
    Row{"udhcp.request-relayed.hex", MessageType::request, ClientKind::plain, std::nullopt},
    Row{"udhcp.request.hex", MessageType::request, ClientKind::plain, std::nullopt},
    Row{"uefi-http.httpclient.discover.hex", MessageType::discover, ClientKind::http_boot, Architecture::x64_uefi_http},
    Row{"uefi-http.httpclient.request.hex", MessageType::request, ClientKind::http_boot, Architecture::x64_uefi_http},
    Row{"uefi-http.ipxe.discover.hex", MessageType::discover, ClientKind::ipxe, Architecture::x64_uefi},
    Row{"uefi-http.ipxe.request.hex", MessageType::request, ClientKind::ipxe, Architecture::x64_uefi},
    Row{"uefi-ia32.pxeclient.discover.hex", MessageType::discover, ClientKind::uefi_pxe, Architecture::x86_uefi},
    Row{"uefi-ia32.pxeclient.request-4011.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::x86_uefi},
    Row{"uefi-ia32.pxeclient.request.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::x86_uefi},
    Row{"uefi-rom-e1000.ipxe.discover.hex", MessageType::discover, ClientKind::ipxe, Architecture::x64_uefi},
    Row{"uefi-rom-e1000.ipxe.request.hex", MessageType::request, ClientKind::ipxe, Architecture::x64_uefi},
    Row{"uefi-secure.pxeclient.discover.hex", MessageType::discover, ClientKind::uefi_pxe, Architecture::x64_uefi},
    Row{"uefi-secure.pxeclient.request-4011.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::x64_uefi},
    Row{"uefi-secure.pxeclient.request.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::x64_uefi},
    Row{"uefi.httpclient.discover.hex", MessageType::discover, ClientKind::http_boot, Architecture::x64_uefi_http},
    Row{"uefi.httpclient.request.hex", MessageType::request, ClientKind::http_boot, Architecture::x64_uefi_http},
    Row{"uefi.ipxe.discover-relayed.hex", MessageType::discover, ClientKind::ipxe, Architecture::x64_uefi},
    Row{"uefi.ipxe.discover.hex", MessageType::discover, ClientKind::ipxe, Architecture::x64_uefi},
    Row{"uefi.ipxe.request-relayed.hex", MessageType::request, ClientKind::ipxe, Architecture::x64_uefi},
    Row{"uefi.ipxe.request.hex", MessageType::request, ClientKind::ipxe, Architecture::x64_uefi},
    Row{"uefi.pxeclient.discover-relayed.hex", MessageType::discover, ClientKind::uefi_pxe, Architecture::x64_uefi},
    Row{"uefi.pxeclient.discover.hex", MessageType::discover, ClientKind::uefi_pxe, Architecture::x64_uefi},
    Row{"uefi.pxeclient.request-4011.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::x64_uefi},
    Row{"uefi.pxeclient.request-relayed.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::x64_uefi},
    Row{"uefi.pxeclient.request.hex", MessageType::request, ClientKind::uefi_pxe, Architecture::x64_uefi},
};

base::Bytes captured(std::string_view file) {
    auto text = *base::read_file(std::filesystem::path(MUSTERD_CAPTURES) / file);
    std::erase(text, '\n');
    bool ok = false;
    auto bytes = base::from_hex(text, &ok);
    REQUIRE(ok);
    return bytes;
}

// The lab's: our address, and the network behind its relay.
const std::array ours{*base::Ipv4Network::parse("10.55.0.5/24")};
const auto behind_relay = *base::Ipv4Network::parse("10.56.0.0/24");

Outcome answer_to(const Row& row, const base::Bytes& bytes) {
    const bool boot_server = row.file.find("4011") != std::string_view::npos;
    Policy policy{[](const Client&) {
        Plan plan;
        plan.answer = true;
        plan.script = "/boot/script?mac=x";
        return plan;
    }};
    policy.serves = [](base::Ipv4 address) { return behind_relay.contains(address); };
    const base::Endpoint from{boot_server ? *base::Ipv4::parse("10.55.0.100") : base::Ipv4{}, 68};
    const auto port = boot_server ? ServerPort::boot_server : ServerPort::dhcp;
    return handle({bytes, false, from, port}, {ours.front().address, 8080, ours}, {}, policy);
}

}  // namespace

TEST_CASE("each capture of real firmware has its row, and each row its capture") {
    std::set<std::string> captures;
    for (const auto& entry : std::filesystem::directory_iterator(MUSTERD_CAPTURES))
        captures.insert(entry.path().filename().string());
    std::set<std::string> listed;
    for (const auto& row : rows)
        listed.emplace(row.file);
    CHECK(captures == listed);
}

TEST_CASE("real firmware is taken for what it is") {
    for (const auto& row : rows) {
        CAPTURE(row.file);
        const auto packet = parse(captured(row.file));
        REQUIRE(packet);
        CHECK(message_type(*packet) == row.message);
        const auto client = classify(*packet);
        CHECK(client.kind == row.kind);
        CHECK(client.architecture == row.architecture);
    }
}

TEST_CASE("what real firmware sent comes out of parse and serialize as it went in") {
    for (const auto& row : rows) {
        CAPTURE(row.file);
        const auto bytes = captured(row.file);
        CHECK(base::to_hex(serialize(*parse(bytes))) == base::to_hex(bytes));
    }
}

TEST_CASE(
    "real firmware is answered when it asks us, with its kind of file, and left alone when it asks the LAN's server") {
    for (const auto& row : rows) {
        CAPTURE(row.file);
        const auto outcome = answer_to(row, captured(row.file));
        const bool asks_us = row.message == MessageType::discover || row.file.find("4011") != std::string_view::npos;
        const bool answered = asks_us && row.kind != ClientKind::plain;
        REQUIRE(outcome.answer.has_value() == answered);
        if (!answered) continue;
        const bool relayed = row.file.find("relayed") != std::string_view::npos;
        CHECK(behind_relay.contains(outcome.answer->to.address) == relayed);
        const auto loader = std::string(find_architecture(*row.architecture)->loader);
        const auto wanted = row.kind == ClientKind::ipxe        ? "http://10.55.0.5:8080/boot/script?mac=x"
                            : row.kind == ClientKind::http_boot ? "http://10.55.0.5:8080/boot/loader/" + loader
                                                                : loader;
        CHECK(outcome.report.file == wanted);
    }
}
