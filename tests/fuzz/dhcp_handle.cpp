// Any datagram through the whole room. First byte: bit 0 the port, bit 1 whether the plan names a loader, bit 2 whether
// the sender has an address; the rest is the datagram.
#include "dhcp/handle.hpp"
#include "dhcp/options.hpp"

#include <cstdlib>

using namespace musterd;

namespace {

void require(bool truth) {
    if (!truth) std::abort();
}

void check(const dhcp::Answer& answer, const dhcp::ServerIdentity& server, std::size_t asked) {
    require(answer.payload.size() >= 300 && answer.payload.size() <= 1444 && answer.payload.size() <= 3 * asked);
    require(!answer.to.address.none());
    const auto reply = dhcp::parse(answer.payload);
    require(reply.has_value());
    require(reply->op == dhcp::Packet::boot_reply && reply->yiaddr.none() && reply->siaddr == server.address);
    const auto type = dhcp::message_type(*reply);
    require(type == dhcp::MessageType::offer || type == dhcp::MessageType::ack);
    require(dhcp::server_identifier(*reply) == server.address);
    require(reply->file.size() < dhcp::Packet::file_width);
    require(!reply->file.empty() || reply->options.has(dhcp::Option::bootfile_name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const dhcp::ServerIdentity server{base::Ipv4(0xc0000201), 8080};
    dhcp::Plan plan{true, {}, "/boot/script?mac=52:54:00:12:34:56&uuid=564d1234-5678-9abc-def0-112233445566", {}};
    if ((data[0] & 2U) != 0) plan.loader = "loader.efi";
    const auto port = (data[0] & 1U) != 0 ? dhcp::ServerPort::boot_server : dhcp::ServerPort::dhcp;
    const base::Endpoint from{base::Ipv4((data[0] & 4U) != 0 ? 0xc0000232 : 0), 68};
    const dhcp::Arrival arrival{{data + 1, size - 1}, false, from, port};
    const auto outcome = dhcp::handle(arrival, server, {}, [&plan](const dhcp::Client&) { return plan; });
    const bool replied = std::holds_alternative<dhcp::Reply>(outcome.report.decision);
    require(replied == outcome.answer.has_value());
    if (outcome.answer) check(*outcome.answer, server, size - 1);
    return 0;
}
