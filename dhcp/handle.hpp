#pragma once

#include "dhcp/decide.hpp"
#include "dhcp/destination.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace musterd::dhcp {

/// A datagram as it reached us.
struct Arrival {
    base::ByteView payload;
    bool truncated = false;
    base::Endpoint from;
    ServerPort port = ServerPort::dhcp;
    std::string_view interface;  ///< of ours that it came by
};

/// What was seen in one datagram and done about it.
struct Report {
    Client client;  ///< plain and empty when the datagram was malformed
    Decision decision;
    base::Endpoint from;
    base::Ipv4 local;        ///< our address on that interface
    std::uint16_t port = 0;  ///< the port it came to
    std::uint32_t xid = 0;
    std::optional<MessageType> message_type;
    base::Ipv4 ciaddr;                            ///< the client's address, when it says that it has one
    std::optional<base::Ipv4> requested_address;  ///< option 50: in a broadcast REQUEST, the lease it is about to take
    std::string file;                             ///< what we told the client to fetch; empty when not answered
    bool sent = false;
    std::string send_error;   ///< why not, when an answer was to be sent
    base::Ipv4 to;            ///< where it was sent: to one of our addresses, or to a broadcast address
    base::ByteView received;  ///< the datagram; good while it is observed, as the answer is
    base::ByteView answer;    ///< empty: none was to be sent
    base::Endpoint answer_to;
};

/// Bytes ready to be sent, and where to.
struct Answer {
    base::Bytes payload;
    base::Endpoint to;
};

struct Outcome {
    Report report;  ///< sent and send_error are the caller's to fill
    std::optional<Answer> answer;
};

/// The whole way of a datagram, but for the sockets: parse, classify, plan, decide, reply, serialize, destination.
Outcome handle(const Arrival& arrival, const ServerIdentity& identity, const Ports& ports, const Policy& policy);

}  // namespace musterd::dhcp
