#include "dhcp/packet.hpp"

#include "tests/dhcp/requests.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::dhcp;
using namespace musterd::dhcp::test;

namespace {

base::Bytes value(const Packet& packet, int code) {
    const auto data = packet.options.get(static_cast<Option>(code));
    return data ? base::Bytes(data->begin(), data->end()) : base::Bytes{};
}

}  // namespace

TEST_CASE("the header's fields are read from their places") {
    auto request = edk2_discover();
    request.secs = 0x0102;
    request.ciaddr = 0x0a000001;
    request.giaddr = 0x0a000002;
    request.sname = text_bytes("server");
    request.file = text_bytes("file");
    const auto packet = parsed(request);
    CHECK(packet.op == 1);
    CHECK(packet.xid == 0x11223344);
    CHECK(packet.secs == 0x0102);
    CHECK(packet.flags == 0x8000);
    CHECK(packet.ciaddr.to_string() == "10.0.0.1");
    CHECK(packet.giaddr.to_string() == "10.0.0.2");
    CHECK(packet.chaddr[5] == 0x56);
    CHECK(packet.sname == "server");
    CHECK(packet.file == "file");
}

TEST_CASE("a packet that was parsed is the same after serialize and parse") {
    auto overloaded = edk2_discover().with(52, base::Bytes{3});
    overloaded.file = {67, 2, 'a', 'b', 255};
    overloaded.sname = {66, 1, 'c', 255};
    auto repeated = plain_discover();
    repeated.options.emplace_back(12, text_bytes("-twice"));
    auto names = bios_rom_discover();
    names.file = base::Bytes(128, 'f');
    names.sname = base::Bytes(64, 's');
    const auto relay = relayed(edk2_discover(), {1, 2, 0, 7, 200, 3, 9, 9, 9}).with(54, base::Bytes{1, 2, 3, 4});
    for (const auto& request : {edk2_discover(), bios_rom_discover(), ipxe_discover(), http_boot_discover(),
                                plain_discover(), relay, overloaded, repeated, names, Request{}}) {
        const auto packet = parsed(request);
        const auto again = parse(serialize(packet));
        REQUIRE(again);
        CHECK(*again == packet);
    }
}

TEST_CASE("options that we do not know survive, in their order") {
    auto request = plain_discover().with(224, base::Bytes{1, 2, 3}).with(13, base::Bytes{}).with(150, base::Bytes(255));
    const auto seen = see(serialize(parsed(request)));
    CHECK(seen.codes() == std::vector{53, 60, 12, 224, 13, 150});
    CHECK(seen.option(224) == base::Bytes{1, 2, 3});
    CHECK(seen.option(13).empty());
    CHECK(seen.ended);
}

TEST_CASE("relay agent information moves behind every other option") {
    const auto request = relayed(edk2_discover(), {1, 1, 7}).with(200, base::Bytes{1});
    auto packet = parsed(request);
    packet.options.set(Option::host_name, std::string_view("late"));
    CHECK(see(serialize(packet)).codes().back() == 82);
}

TEST_CASE("an option that is repeated is one value, and a long value is written in pieces") {
    Request request;
    request.options = {{77, base::Bytes(255, 'a')}, {53, {1}}, {77, base::Bytes(255, 'b')}, {77, {'c'}}};
    const auto packet = parsed(request);
    CHECK(value(packet, 77).size() == 511);
    const auto seen = see(serialize(packet));
    CHECK(seen.codes() == std::vector{77, 77, 77, 53});
    CHECK(seen.options.at(2).second == base::Bytes{'c'});
}

TEST_CASE("overloaded fields are read as options after the options field, and never written") {
    auto request = plain_discover().with(52, base::Bytes{3}).with(77, text_bytes("one"));
    request.file = {77, 3, 't', 'w', 'o', 255};
    request.sname = {77, 5, 't', 'h', 'r', 'e', 'e', 66, 1, 'x', 255};
    const auto packet = parsed(request);
    CHECK(value(packet, 77) == text_bytes("onetwothree"));
    CHECK(value(packet, 66) == text_bytes("x"));
    CHECK(packet.file.empty());
    CHECK(packet.sname.empty());
    CHECK_FALSE(see(serialize(packet)).has(52));
}

TEST_CASE("only the field that is overloaded is read as options") {
    auto request = plain_discover().with(52, base::Bytes{2});
    request.file = text_bytes("name");
    request.sname = {12, 1, 'x', 255};
    const auto packet = parsed(request);
    CHECK(packet.file == "name");
    CHECK(value(packet, 12) == text_bytes("nodex"));
}

TEST_CASE("malformed packets are errors with a reason") {
    CHECK_FALSE(parse({}));
    CHECK(parse(base::Bytes(239)).error().message() == "239 bytes are too few for a DHCP message");
    CHECK(parse(base::Bytes(240)).error().message() == "no DHCP magic cookie");
    auto overlong = plain_discover().bytes();
    overlong.back() = 97;
    CHECK_FALSE(parse(overlong));  // a code without its length
    overlong.push_back(200);
    CHECK_FALSE(parse(overlong));  // a length without its data
    auto bad_field = plain_discover().with(52, base::Bytes{1});
    bad_field.file = base::Bytes(128, 200);
    CHECK_FALSE(parse(bad_field.bytes()));
}

TEST_CASE("a missing end option is forgiven, and nothing behind one is read") {
    auto request = plain_discover();
    request.end = false;
    CHECK(value(parsed(request), 12) == text_bytes("node"));
    auto bytes = plain_discover().bytes();
    bytes.insert(bytes.end(), {54, 4, 1, 2, 3, 4});
    CHECK_FALSE(parse(bytes)->options.has(Option::server_identifier));
}

TEST_CASE("short messages are padded to 300 bytes and long ones are not") {
    Packet packet;
    CHECK(serialize(packet).size() == 300);
    packet.options.set(Option::host_name, base::Bytes(100));
    CHECK(serialize(packet).size() == 240 + 102 + 1);
}

TEST_CASE("a value can be replaced by a part of itself") {
    Options options;
    options.set(Option::host_name, std::string_view("abcdef"));
    options.set(Option::host_name, options.get(Option::host_name)->subspan(3));
    CHECK(base::as_text(*options.get(Option::host_name)) == "def");
}
