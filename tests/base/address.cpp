#include "server/base/address.hpp"

#include <doctest/doctest.h>

using namespace musterd::base;

TEST_CASE("a MAC is read in every form people write it, and written in one") {
    for (const auto* text : {"B8:ce:f6:01:02:03", "b8-ce-f6-01-02-03", "b8ce.f601.0203", "b8cef6010203"}) {
        CAPTURE(text);
        const auto mac = Mac::parse(text);
        REQUIRE(mac);
        CHECK(mac->to_string() == "b8:ce:f6:01:02:03");
        CHECK(mac->to_hyphens() == "b8-ce-f6-01-02-03");
    }
}

TEST_CASE("what is not a MAC is an error that quotes it") {
    for (const auto* text : {"", "zz", "b8:ce:f6:01:02", "b8:ce:f6:01:02:03:04", "b8:ce-f6:01:02:03", "b8cef601020",
                             "b8:ce:f6:01:02:0g", "b8ce:f601:0203", "b8_ce_f6_01_02_03", "::::::::::::::::::"}) {
        CAPTURE(text);
        const auto mac = Mac::parse(text);
        REQUIRE_FALSE(mac);
        CHECK(mac.error().message() ==
              "\"" + std::string(text) + "\" is not a MAC address (expected aa:bb:cc:dd:ee:ff)");
    }
}

TEST_CASE("IPv4 addresses are dotted quads only") {
    CHECK(Ipv4::parse("10.55.0.5")->to_string() == "10.55.0.5");
    CHECK(Ipv4::parse("255.255.255.255")->value() == 0xffffffffU);
    for (const auto* text : {"", "10.55.0", "10.55.0.256", "10.55.0.5 ", "010.1.1.1.1", "fe80::1"})
        CHECK_FALSE(Ipv4::parse(text));
}

TEST_CASE("a network knows its ends and who is in it") {
    struct {
        const char* text;
        const char* netmask;
        const char* first;
        const char* last;
        bool host;
    } const rows[] = {
        {"10.55.0.7/24", "255.255.255.0", "10.55.0.0", "10.55.0.255", true},
        {"10.55.0.0/24", "255.255.255.0", "10.55.0.0", "10.55.0.255", false},
        {"10.55.0.255/24", "255.255.255.0", "10.55.0.0", "10.55.0.255", false},
        {"10.55.0.0/31", "255.255.255.254", "10.55.0.0", "10.55.0.1", true},
        {"10.55.0.7/32", "255.255.255.255", "10.55.0.7", "10.55.0.7", true},
        {"10.55.0.7/0", "0.0.0.0", "0.0.0.0", "255.255.255.255", true},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto network = Ipv4Network::parse(row.text);
        REQUIRE(network);
        CHECK(network->to_string() == row.text);
        CHECK(network->netmask().to_string() == row.netmask);
        CHECK(network->first().to_string() == row.first);
        CHECK(network->last().to_string() == row.last);
        CHECK(network->is_host() == row.host);
        CHECK(Ipv4Network::with_netmask(network->address, network->netmask()) == *network);
    }
    const auto network = *Ipv4Network::parse("10.55.0.7/30");
    CHECK(network.contains(*Ipv4::parse("10.55.0.4")));
    CHECK(network.contains(*Ipv4::parse("10.55.0.7")));
    CHECK_FALSE(network.contains(*Ipv4::parse("10.55.0.3")));
    CHECK_FALSE(network.contains(*Ipv4::parse("10.55.0.8")));
    for (const auto* text : {"", "/", "10.55.0.7", "10.55.0.7/", "10.55.0.7/33", "10.55.0.7/-1", "10.55.0.7/024",
                             "10.55.0.7/2a", "10.55.0/24"})
        CHECK_FALSE(Ipv4Network::parse(text));
}

TEST_CASE("a UUID on the wire has its first three fields swapped (SMBIOS 2.6)") {
    const auto uuid = Uuid::parse("33221100-5544-7766-8899-aabbccddeeff");
    REQUIRE(uuid);
    CHECK(to_hex(uuid->wire()) == "00112233445566778899aabbccddeeff");
    CHECK(uuid->to_string() == "33221100-5544-7766-8899-aabbccddeeff");
    CHECK(uuid->swapped().to_string() == "00112233-4455-6677-8899-aabbccddeeff");
    CHECK(Uuid::parse("33221100554477668899aabbccddeeff")->to_string() == uuid->to_string());
    CHECK_FALSE(Uuid::parse("33221100-5544-7766-8899-aabbccddeef"));
    CHECK_FALSE(Uuid::parse("3322110-05544-7766-8899-aabbccddeeff"));
}

TEST_CASE("firmware without a UUID sends zeros or ones, which is none") {
    CHECK(Uuid{}.none());
    CHECK(Uuid::from_wire(Bytes(16, 0xff)).none());
    CHECK_FALSE(Uuid::from_wire(Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}).none());
}
