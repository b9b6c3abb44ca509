#pragma once

#include "server/app/doctor/observations.hpp"

namespace musterd::app::doctor {

/// A MAC of nobody's: random, with the bit for local administration (IEEE 802, 02:…).
base::Mac made_up_mac();

/// The DISCOVER that this client would broadcast, marked as doctor's. Asks for its answer by broadcast, for there is
/// no address yet, and for every option that could carry something about booting (option 55).
base::Bytes discover(Question question, base::Mac mac, std::uint32_t xid);

/// EDK2's question to port 4011 (UefiPxeBcDxe/PxeBcDhcp4.c, PxeBcDhcp4Discover): REQUEST from an address that the
/// client has, without option 54.
base::Bytes boot_request(base::Mac mac, std::uint32_t xid, base::Ipv4 own_address);

/// An OFFER to that xid and MAC.
bool answers(const dhcp::Packet& packet, std::uint32_t xid, base::Mac mac);

/// A read request as EDK2 begins: it asks for the size and breaks off when it is told (PxeBcMtftp.c).
base::Bytes size_request(const std::string& file);

/// Status and Content-Length of an HTTP answer's head; status 0 when it is none.
struct HttpHead {
    unsigned status = 0;
    std::uint64_t length = 0;
};
HttpHead parse_http_head(std::string_view head);

/// "http://10.0.0.5:8080/boot/loader/x" taken apart; nothing unless host is a literal IPv4 address.
struct Url {
    base::Endpoint server;
    std::string path;
};
std::optional<Url> parse_url(std::string_view url);

}  // namespace musterd::app::doctor
