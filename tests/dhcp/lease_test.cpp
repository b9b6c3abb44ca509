// A full lease of ours, message by message (RFC 2131 4.3).
#include "dhcp/handle.hpp"

#include "tests/dhcp/requests.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::dhcp;
using namespace musterd::dhcp::test;

namespace {

constexpr std::uint32_t leased_address = 0xc0000207;
const base::Bytes leased{0xc0, 0, 2, 7};
const base::Bytes ours{0xc0, 0, 2, 1};
const base::Bytes another_server{0xc0, 0, 2, 0xfe};
const base::Bytes another_address{0xc0, 0, 2, 9};

Plan with_lease(bool boots = true) {
    auto plan = welcome();
    plan.answer = boots;
    plan.reason = "boots from its own disk";
    plan.lease = Lease{{base::Ipv4(leased_address), 24},
                       base::Ipv4(0xc00002fe),
                       {base::Ipv4(0x09090909), base::Ipv4(0x01010101)},
                       std::chrono::hours(1),
                       "r640"};
    return plan;
}

Request message(std::uint8_t type) {
    return plain_discover().with(53, base::Bytes{type});
}

Seen answer_to(const Outcome& outcome) {
    REQUIRE(outcome.answer);
    return see(outcome.answer->payload);
}

void check_lease(const Seen& seen, std::uint8_t type) {
    CHECK(seen.byte(0) == 2);
    CHECK(seen.option(53) == base::Bytes{type});
    CHECK(seen.option(54) == ours);
    CHECK(seen.yiaddr() == leased_address);
    CHECK(seen.option(51) == base::Bytes{0, 0, 0x0e, 0x10});
    CHECK(seen.option(1) == base::Bytes{255, 255, 255, 0});
    CHECK(seen.option(28) == base::Bytes{0xc0, 0, 2, 255});
    CHECK(seen.option(3) == base::Bytes{0xc0, 0, 2, 0xfe});
    CHECK(seen.option(6) == base::Bytes{9, 9, 9, 9, 1, 1, 1, 1});
    CHECK(seen.option(12) == text_bytes("r640"));
    CHECK(seen.ended);
}

}  // namespace

TEST_CASE("an operating system gets its lease, and nothing about booting") {
    const auto offer = ask(plain_discover().with(61, base::Bytes{255, 1, 2, 3}), ServerPort::dhcp, with_lease());
    auto seen = answer_to(offer);
    check_lease(seen, 2);
    CHECK(offer.answer->to == base::Endpoint{base::Ipv4(0xffffffff), 68});
    CHECK(seen.flags() == 0x8000);
    CHECK(seen.option(61) == base::Bytes{255, 1, 2, 3});
    CHECK(seen.siaddr() == 0);
    CHECK(seen.file().empty());
    for (const int code : {43, 60, 67, 175})
        CHECK_FALSE(seen.has(code));

    const auto ack = ask(message(3).with(54, ours).with(50, leased), ServerPort::dhcp, with_lease());
    check_lease(answer_to(ack), 5);
    CHECK(ack.answer->to == base::Endpoint{base::Ipv4(0xffffffff), 68});
    CHECK(std::get<Reply>(ack.report.decision).lease);
}

TEST_CASE("firmware gets lease and boot file in one offer, and in the ACK again") {
    struct {
        const char* name;
        Request discover;
        const char* vendor_class;
        bool option43;
    } const rows[] = {
        {"UEFI PXE", edk2_discover(), "PXEClient", false},
        {"BIOS ROM", bios_rom_discover(), "PXEClient", true},
        {"iPXE", ipxe_discover(), "PXEClient", true},
        {"HTTP Boot", http_boot_discover(), "HTTPClient", false},
    };
    for (auto row : rows) {
        CAPTURE(row.name);
        const auto proxied = see(ask(row.discover).answer->payload);
        for (const auto type : {std::uint8_t{1}, std::uint8_t{3}}) {
            CAPTURE(int(type));
            auto request = row.discover.with(53, base::Bytes{type});
            if (type == 3) request.with(54, ours).with(50, leased);
            const auto seen = answer_to(ask(request, ServerPort::dhcp, with_lease()));
            check_lease(seen, type == 1 ? 2 : 5);
            CHECK(seen.siaddr() == our_address);
            CHECK(seen.file() == proxied.file());
            CHECK(seen.option(60) == text_bytes(row.vendor_class));
            CHECK(seen.has(43) == row.option43);
            if (proxied.has(67)) CHECK(seen.option(67) == proxied.option(67));
        }
    }
}

TEST_CASE("a machine that is not to boot gets its lease all the same, and the reason is kept") {
    const auto outcome = ask(edk2_discover(), ServerPort::dhcp, with_lease(false));
    const auto seen = answer_to(outcome);
    check_lease(seen, 2);
    CHECK(seen.file().empty());
    CHECK_FALSE(seen.has(60));
    CHECK(std::get<Reply>(outcome.report.decision).why == "boots from its own disk");
}

TEST_CASE("a lease is renewed at its own address, and by broadcast when that was not heard") {
    auto renewal = message(3);
    renewal.ciaddr = leased_address;
    for (const auto port : {ServerPort::dhcp, ServerPort::dhcp_own}) {
        const auto outcome = ask(renewal, port, with_lease());
        check_lease(answer_to(outcome), 5);
        CHECK(outcome.answer->to == base::Endpoint{base::Ipv4(leased_address), 68});
    }
}

TEST_CASE("who asks us for another address is refused; who may have it from another server hears nothing") {
    auto renewal = message(3);
    renewal.ciaddr = 0xc0000209;
    struct {
        const char* name;
        Request request;
        ServerPort port;
        bool refused;
    } const rows[] = {
        {"selects our offer, asks for another address", message(3).with(54, ours).with(50, another_address),
         ServerPort::dhcp, true},
        {"selects our offer, names no address", message(3).with(54, ours), ServerPort::dhcp, true},
        {"renews another address with us", renewal, ServerPort::dhcp_own, true},
        {"rebinds another address", renewal, ServerPort::dhcp, false},
        {"reboots with another address", message(3).with(50, another_address), ServerPort::dhcp, false},
        {"takes another server's offer", message(3).with(54, another_server).with(50, leased), ServerPort::dhcp, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto outcome = ask(row.request, row.port, with_lease());
        if (!row.refused) {
            CHECK(reason_of(outcome) == IgnoreReason::other_server);
            continue;
        }
        const auto seen = answer_to(outcome);
        CHECK(seen.option(53) == base::Bytes{6});
        CHECK(seen.option(54) == ours);
        CHECK(seen.yiaddr() == 0);
        CHECK(seen.codes() == std::vector{53, 54, 56});
        CHECK(outcome.answer->to == base::Endpoint{base::Ipv4(0xffffffff), 68});
        CHECK(std::get<Reply>(outcome.report.decision).why.find("192.0.2.7") != std::string::npos);
    }
}

TEST_CASE("a machine that reboots with its lease gets it again without asking anew") {
    check_lease(answer_to(ask(message(3).with(50, leased), ServerPort::dhcp, with_lease())), 5);
}

TEST_CASE("INFORM from the leased address gets the parameters, but no address and no time") {
    auto inform = message(8);
    inform.ciaddr = leased_address;
    const auto outcome = ask(inform, ServerPort::dhcp_own, with_lease());
    const auto seen = answer_to(outcome);
    CHECK(seen.option(53) == base::Bytes{5});
    CHECK(seen.yiaddr() == 0);
    CHECK_FALSE(seen.has(51));
    CHECK(seen.option(3) == base::Bytes{0xc0, 0, 2, 0xfe});
    CHECK(outcome.answer->to == base::Endpoint{base::Ipv4(leased_address), 68});
    inform.ciaddr = 0xc0000209;
    CHECK(reason_of(ask(inform, ServerPort::dhcp_own, with_lease())) == IgnoreReason::other_server);
}

TEST_CASE("RELEASE and DECLINE are told apart and not answered; those for another server are none of ours") {
    CHECK(reason_of(ask(message(7).with(54, ours), ServerPort::dhcp_own, with_lease())) == IgnoreReason::lease_ended);
    CHECK(reason_of(ask(message(4).with(54, ours), ServerPort::dhcp, with_lease())) == IgnoreReason::lease_declined);
    for (const auto type : {std::uint8_t{4}, std::uint8_t{7}}) {
        const auto request = message(type).with(54, another_server);
        CHECK(reason_of(ask(request, ServerPort::dhcp, with_lease())) == IgnoreReason::other_server);
    }
    CHECK(reason_of(ask(message(2), ServerPort::dhcp, with_lease())) == IgnoreReason::not_a_request);
    CHECK(reason_of(ask(plain_discover().without(53), ServerPort::dhcp, with_lease())) ==
          IgnoreReason::not_a_boot_message);
}

TEST_CASE("the second question on 4011 is a proxy's, also from a machine whose lease is ours") {
    const auto seen = answer_to(ask(edk2_boot_request(), ServerPort::boot_server, with_lease()));
    CHECK(seen.option(53) == base::Bytes{5});
    CHECK(seen.yiaddr() == 0);
    CHECK_FALSE(seen.has(51));
    CHECK(seen.file() == "snponly.efi");
}
