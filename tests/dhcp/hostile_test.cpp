// Case 30 of the conformance suite: packets that mean harm.
#include "dhcp/handle.hpp"

#include "tests/dhcp/requests.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace musterd;
using namespace musterd::dhcp;
using namespace musterd::dhcp::test;

namespace {

Outcome ask_bytes(base::ByteView bytes, ServerPort port = ServerPort::dhcp, bool truncated = false) {
    return handle({bytes, truncated, unconfigured_client(), port}, our_server(), {},
                  {[](const Client&) { return welcome(); }});
}

std::vector<Request> all_kinds() {
    return {edk2_discover(), bios_rom_discover(), ipxe_discover(), http_boot_discover(),
            relayed(edk2_discover(), {1, 1, 1})};
}

}  // namespace

TEST_CASE("30: a DISCOVER cut at any byte is malformed, but for cuts between two options") {
    for (const auto& request : all_kinds()) {
        const auto whole = request.bytes();
        CHECK(ask_bytes(whole).answer);
        std::size_t boundary = 240;
        std::size_t next = 0;
        for (std::size_t length = 0; length < whole.size() - 1; ++length) {
            const auto cut = ask_bytes(base::ByteView(whole).first(length));
            if (length != boundary) {
                CHECK(reason_of(cut) == IgnoreReason::malformed);
                continue;
            }
            const auto kept = std::span(request.options).first(next);
            const auto is_class = [](const auto& option) { return option.first == 60; };
            if (std::ranges::none_of(kept, is_class)) CHECK(reason_of(cut) == IgnoreReason::plain_client);
            boundary += 2 + request.options.at(next++).second.size();
        }
        CHECK(next == request.options.size());
    }
}

TEST_CASE("30: an option's length that runs past the end is malformed") {
    for (const auto& request : all_kinds()) {
        std::size_t at = 240;
        for (const auto& [code, data] : request.options) {
            auto bytes = request.bytes();
            bytes[at + 1] = 255;
            CHECK(reason_of(ask_bytes(bytes)) == IgnoreReason::malformed);
            at += 2 + data.size();
        }
    }
}

TEST_CASE("30: a hardware address longer than its field is refused, up to 16 bytes it is echoed") {
    auto request = edk2_discover();
    for (unsigned length = 0; length < 256; ++length) {
        request.hlen = static_cast<std::uint8_t>(length);
        const auto outcome = ask(request);
        CHECK(outcome.answer.has_value() == (length <= 16));
        if (!outcome.answer) CHECK(reason_of(outcome) == IgnoreReason::malformed);
        if (length != 6) CHECK(outcome.report.client.machine.mac.none());
    }
}

TEST_CASE("30: overloaded fields full of nonsense are malformed") {
    auto request = edk2_discover().with(52, base::Bytes{3});
    request.file = base::Bytes(128, 67);
    request.sname = base::Bytes(64, 66);
    CHECK(reason_of(ask(request)) == IgnoreReason::malformed);
    request.file = base::Bytes(128, 0);
    request.sname = base::Bytes(64, 0);
    CHECK(ask(request).answer);
    for (const auto& value : {base::Bytes{}, base::Bytes{255}, base::Bytes{1, 2}, base::Bytes{4}}) {
        CHECK_NOTHROW(ask(request.with(52, value)));
    }
}

TEST_CASE("30: a datagram of 9000 bytes is read, one that was truncated is not") {
    auto request = edk2_discover();
    for (int i = 0; i < 33; ++i)
        request.options.emplace_back(224, base::Bytes(255, 1));
    auto bytes = request.bytes();
    bytes.resize(9000);
    const auto outcome = ask_bytes(bytes);
    REQUIRE(outcome.answer);
    CHECK(outcome.answer->payload.size() < 600);
    CHECK(reason_of(ask_bytes(bytes, ServerPort::dhcp, true)) == IgnoreReason::malformed);
}

TEST_CASE("30: no answer is larger than three times its question") {
    Plan plan = welcome();
    plan.loader = std::string(127, 'x');
    plan.script = "/boot/script?" + std::string(90, 'x');
    for (auto request : all_kinds()) {
        for (const int code : {55, 57, 61, 94, 97})
            request.without(code);
        const auto outcome = ask(request, ServerPort::dhcp, plan);
        REQUIRE(outcome.answer);
        CHECK(outcome.answer->payload.size() <= 3 * request.bytes().size());
    }
}

TEST_CASE("30: option 60 of control characters does not reach a log as such") {
    const auto outcome = ask(plain_discover().with(60, base::Bytes{0x1b, '[', '2', 'J', '\n', 0xff}));
    CHECK(std::get<Ignore>(outcome.report.decision).why == "'.[2J..' is no boot client");
}

TEST_CASE("30: a server's NAK or OFFER is never given, whatever a REQUEST holds") {
    for (unsigned type = 0; type < 256; ++type) {
        for (const auto port : {ServerPort::dhcp, ServerPort::boot_server}) {
            const auto request = bios_rom_discover().with(53, base::Bytes{static_cast<std::uint8_t>(type)});
            const auto outcome = ask(request, port);
            if (!outcome.answer) continue;
            const auto expected = static_cast<std::uint8_t>(type == 1 ? 2 : 5);
            CHECK(see(outcome.answer->payload).option(53) == base::Bytes{expected});
        }
    }
}
