#include "tests/dhcp/requests.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

#include <algorithm>

namespace musterd::dhcp::test {

namespace {
base::Bytes two_bytes(std::uint16_t value) {
    return {static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value & 0xffU)};
}

std::string vendor_class_text(std::string_view prefix, std::uint16_t architecture) {
    const auto digits = std::to_string(architecture);
    return std::string(prefix) + ":Arch:" + std::string(5 - digits.size(), '0') + digits + ":UNDI:003001";
}
}  // namespace

Request& Request::with(int code, base::Bytes data) {
    without(code);
    options.emplace_back(code, std::move(data));
    return *this;
}

Request& Request::with(int code, std::string_view text) {
    return with(code, text_bytes(text));
}

Request& Request::without(int code) {
    std::erase_if(options, [code](const auto& option) { return option.first == code; });
    return *this;
}

base::Bytes Request::bytes() const {
    base::ByteWriter writer;
    for (const auto value : {op, htype, hlen, std::uint8_t{0}})
        writer.u8(value);
    writer.u32(xid);
    writer.u16(secs);
    writer.u16(flags);
    for (const auto value : {ciaddr, 0U, 0U, giaddr})
        writer.u32(value);
    writer.fixed(chaddr, 16);
    writer.fixed(sname, 64);
    writer.fixed(file, 128);
    writer.u32(0x63825363);
    for (const auto& [code, data] : options) {
        writer.u8(static_cast<std::uint8_t>(code));
        writer.u8(static_cast<std::uint8_t>(data.size()));
        writer.bytes(data);
    }
    if (end) writer.u8(255);
    return writer.release();
}

Request edk2_discover(std::uint16_t architecture) {
    Request request;
    request.flags = 0x8000;
    request.with(53, base::Bytes{1}).with(57, two_bytes(1472)).with(55, base::Bytes{1, 2, 3, 6, 43, 60, 66, 67, 97});
    request.with(97, base::Bytes(smbios_uuid.begin(), smbios_uuid.end())).with(94, base::Bytes{1, 3, 16});
    request.with(93, two_bytes(architecture)).with(60, vendor_class_text("PXEClient", architecture));
    return request;
}

Request edk2_boot_request(std::uint16_t architecture) {
    auto request = edk2_discover(architecture);
    request.with(53, base::Bytes{3});
    request.flags = 0;
    request.ciaddr = 0xc0000232;
    return request;
}

Request bios_rom_discover() {
    Request request;
    request.with(53, base::Bytes{1}).with(57, two_bytes(1260));
    request.with(97, base::Bytes(smbios_uuid.begin(), smbios_uuid.end())).with(94, base::Bytes{1, 2, 1});
    request.with(93, two_bytes(0)).with(60, "PXEClient:Arch:00000:UNDI:002001");
    return request;
}

Request ipxe_discover(std::uint16_t architecture, bool http) {
    Request request;
    request.secs = 4;  // its count of attempts, not seconds
    request.with(53, base::Bytes{1}).with(57, two_bytes(1472)).with(93, two_bytes(architecture));
    request.with(94, base::Bytes{1, 2, 1}).with(60, vendor_class_text("PXEClient", architecture)).with(77, "iPXE");
    base::Bytes features{0xb1, 5, 1, 0x1a, 0xf4, 0x10, 0, 0x15, 1, 1, 0x21, 1, 1};
    if (http) features.insert(features.end(), {0x13, 1, 1});
    request.with(175, features).with(61, base::Bytes{1, 0x52, 0x54, 0, 0x12, 0x34, 0x56});
    request.with(97, base::Bytes(smbios_uuid.begin(), smbios_uuid.end()));
    return request;
}

Request http_boot_discover(std::uint16_t architecture) {
    auto request = edk2_discover(architecture);
    request.with(60, vendor_class_text("HTTPClient", architecture));
    return request;
}

Request plain_discover() {
    Request request;
    request.with(53, base::Bytes{1}).with(60, "dhcpcd-9.4.1:Linux-6.1").with(12, "node");
    return request;
}

Request relayed(Request request, base::Bytes agent_information) {
    request.giaddr = 0x0a010001;
    return request.with(82, std::move(agent_information));
}

bool Seen::has(int code) const {
    return std::ranges::any_of(options, [code](const auto& option) { return option.first == code; });
}

base::Bytes Seen::option(int code) const {
    for (const auto& [found, data] : options) {
        if (found == code) return data;
    }
    FAIL_CHECK("no option ", code);
    return {};
}

std::vector<int> Seen::codes() const {
    std::vector<int> codes;
    for (const auto& [code, data] : options)
        codes.push_back(code);
    return codes;
}

std::uint32_t Seen::word(std::size_t offset) const {
    return base::ByteReader(base::ByteView(bytes).subspan(offset, 4)).u32();
}

std::string Seen::text(std::size_t offset, std::size_t width) const {
    const auto field = base::as_text(base::ByteView(bytes).subspan(offset, width));
    return std::string(field.substr(0, field.find('\0')));
}

Seen see(base::Bytes bytes) {
    Seen seen;
    std::size_t at = 240;
    while (at < bytes.size() && bytes[at] != 255) {
        const std::size_t length = bytes.at(at + 1);
        REQUIRE(at + 2 + length <= bytes.size());
        const auto data = base::ByteView(bytes).subspan(at + 2, length);
        seen.options.emplace_back(bytes[at], base::Bytes(data.begin(), data.end()));
        at += 2 + length;
    }
    seen.ended = at < bytes.size();
    for (++at; at < bytes.size(); ++at)
        seen.ended = seen.ended && bytes[at] == 0;
    seen.bytes = std::move(bytes);
    return seen;
}

base::Bytes text_bytes(std::string_view text) {
    const auto view = base::as_bytes(text);
    return {view.begin(), view.end()};
}

ServerIdentity our_server() {
    return {base::Ipv4(our_address), 8080};
}

base::Endpoint unconfigured_client() {
    return {base::Ipv4{}, 68};
}

Plan welcome() {
    Plan plan;
    plan.answer = true;
    plan.script = "/boot/script?mac=52:54:00:12:34:56";
    return plan;
}

Outcome ask(const Request& request, ServerPort port, const Plan& plan) {
    const auto bytes = request.bytes();
    return handle({bytes, false, unconfigured_client(), port}, our_server(), {}, {[&](const Client&) { return plan; }});
}

Outcome ask_from(const base::Endpoint& from, const Request& request, ServerPort port) {
    const auto bytes = request.bytes();
    return handle({bytes, false, from, port}, our_server(), {}, {[](const Client&) { return welcome(); }});
}

IgnoreReason reason_of(const Outcome& outcome) {
    CHECK_FALSE(outcome.answer.has_value());
    const auto* ignore = std::get_if<Ignore>(&outcome.report.decision);
    REQUIRE(ignore != nullptr);
    CHECK_FALSE(ignore->why.empty());
    return ignore->reason;
}

Packet parsed(const Request& request) {
    auto packet = parse(request.bytes());
    if (!packet) throw std::runtime_error(packet.error().message());
    return std::move(*packet);
}

}  // namespace musterd::dhcp::test
