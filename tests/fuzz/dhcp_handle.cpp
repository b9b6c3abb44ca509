// Any datagram through the whole room. First byte: bits 0 and 3 where it came to, bit 1 whether the plan names a
// loader, bit 2 whether the sender has an address, bit 4 whether its lease is ours, bits 5 and 6 the form of option 43;
// the rest is the datagram. Networks served: 192.0.2.0/24 on the link, 198.51.100.0/24 behind a relay.
#include "dhcp/handle.hpp"
#include "dhcp/options.hpp"

#include <array>
#include <cstdlib>

using namespace musterd;

namespace {

void require(bool truth) {
    if (!truth) std::abort();
}

const std::array on_link{base::Ipv4Network{base::Ipv4(0xc0000201), 24}};
const base::Ipv4Network behind_relay{base::Ipv4(0xc6336400), 24};
const dhcp::Lease lease{{base::Ipv4(0xc0000207), 24}, base::Ipv4(0xc00002fe), {}, std::chrono::hours(1), "r640"};

void check(const dhcp::Answer& answer, const dhcp::ServerIdentity& server, std::size_t asked, bool leases) {
    require(answer.payload.size() >= 300 && answer.payload.size() <= 1444 && answer.payload.size() <= 3 * asked);
    require(!answer.to.address.none());
    require(answer.to.address.value() == 0xffffffff || behind_relay.contains(answer.to.address) ||
            on_link.front().contains(answer.to.address));
    const auto reply = dhcp::parse(answer.payload);
    require(reply.has_value());
    require(reply->op == dhcp::Packet::boot_reply);
    require(dhcp::server_identifier(*reply) == server.address);
    require(reply->file.size() < dhcp::Packet::file_width);
    const bool boots = !reply->file.empty() || reply->options.has(dhcp::Option::bootfile_name);
    require(!boots || reply->siaddr == server.address);
    require(reply->yiaddr.none() || (leases && reply->yiaddr == lease.address.address));
    const auto type = dhcp::message_type(*reply);
    require(type == dhcp::MessageType::offer || type == dhcp::MessageType::ack || type == dhcp::MessageType::nak);
    require(leases || (boots && type != dhcp::MessageType::nak));
    require(type != dhcp::MessageType::nak || (reply->yiaddr.none() && !boots));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const dhcp::ServerIdentity server{base::Ipv4(0xc0000201), 8080, on_link};
    dhcp::Plan plan{true, {}, "/boot/script?mac=52:54:00:12:34:56&uuid=564d1234-5678-9abc-def0-112233445566", {}};
    if ((data[0] & 2U) != 0) plan.loader = "loader.efi";
    const bool leases = (data[0] & 16U) != 0;
    if (leases) plan.lease = lease;
    plan.discovery = static_cast<dhcp::Discovery>(data[0] >> 5U & 3U);
    const auto own = (data[0] & 8U) != 0 ? dhcp::ServerPort::dhcp_own : dhcp::ServerPort::dhcp;
    const auto port = (data[0] & 1U) != 0 ? dhcp::ServerPort::boot_server : own;
    const base::Endpoint from{base::Ipv4((data[0] & 4U) != 0 ? 0xc0000232 : 0), 68};
    const dhcp::Arrival arrival{{data + 1, size - 1}, false, from, port};
    dhcp::Policy policy{[&plan](const dhcp::Client&) { return plan; }};
    policy.class_of = [](std::string_view text) {
        return text.starts_with("own") ? std::optional(dhcp::VendorClass{"own"}) : std::nullopt;
    };
    policy.serves = [](base::Ipv4 address) { return behind_relay.contains(address); };
    const auto outcome = dhcp::handle(arrival, server, {}, policy);
    const bool replied = std::holds_alternative<dhcp::Reply>(outcome.report.decision);
    require(replied == outcome.answer.has_value());
    if (outcome.answer) check(*outcome.answer, server, size - 1, leases);
    return 0;
}
