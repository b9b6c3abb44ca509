#include "tftp/packet.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace musterd;
using namespace musterd::tftp;
using namespace std::string_literals;

namespace {

base::Result<Packet> parse_text(const std::string& bytes) {
    return parse(base::as_bytes(bytes));
}

FileRequest request_of(const std::string& bytes) {
    const auto packet = parse_text(bytes);
    REQUIRE(packet);
    REQUIRE(std::holds_alternative<FileRequest>(*packet));
    return std::get<FileRequest>(*packet);
}

}  // namespace

TEST_CASE("EDK2's probe is read with its options in order") {
    const auto request = request_of(
        "\0\1ipxe.efi\0octet\0tsize\0"
        "0\0blksize\0"
        "1468\0windowsize\0"
        "4\0"s);
    CHECK(request.opcode == Opcode::RRQ);
    CHECK(request.name == "ipxe.efi");
    CHECK(request.mode == Mode::octet);
    CHECK(request.options == std::vector<Option>{{"tsize", "0"}, {"blksize", "1468"}, {"windowsize", "4"}});
}

TEST_CASE("mode and option names are read in any case, unknown options are kept") {
    const auto request = request_of(
        "\0\1f\0OcTeT\0BLKSIZE\0"
        "1024\0x-vendor\0"
        "7\0"s);
    CHECK(request.mode == Mode::octet);
    REQUIRE(request.options.size() == 2);
    CHECK(request.options[0].is("blksize"));
    CHECK(request.options[0].name == "BLKSIZE");
    CHECK(request.options[1] == Option{"x-vendor", "7"});
}

TEST_CASE("careless requests are read as far as they make sense") {
    struct Case {
        const char* what;
        std::string bytes;
        std::vector<Option> options;
    };
    const std::vector<Case> cases{
        {"no options", "\0\1f\0octet\0"s, {}},
        {"padded with zeros", "\0\1f\0octet\0\0\0\0\0"s, {}},
        {"last option unfinished",
         "\0\1f\0octet\0tsize\0"
         "0\0blksize\0"
         "14"s,
         {{"tsize", "0"}}},
        {"an option given twice",
         "\0\1f\0octet\0tsize\0"
         "0\0TSIZE\0"
         "9\0"s,
         {{"tsize", "0"}}},
        {"an option without value", "\0\1f\0octet\0tsize\0\0"s, {{"tsize", ""}}},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        CHECK(request_of(one.bytes).options == one.options);
    }
}

TEST_CASE("a flood of options is cut short") {
    auto bytes = "\0\1f\0octet\0"s;
    for (int i = 0; i < 100; ++i)
        bytes += "o" + std::to_string(i) + "\0v\0"s;
    CHECK(request_of(bytes).options.size() == 16);
}

TEST_CASE("what is no packet is an error") {
    const std::vector<std::string> cases{""s,      "\0"s,           "\0\0"s,   "\0\7"s, "\xff\xff\xff\xff"s,
                                         "\0\1f"s, "\0\1f\0octet"s, "\0\3\1"s, "\0\4"s, "\0\4\1"s,
                                         "\0\5\1"s};
    for (const auto& bytes : cases) {
        CAPTURE(base::to_hex(base::as_bytes(bytes)));
        CHECK_FALSE(parse_text(bytes));
    }
}

TEST_CASE("a request cut at any byte is an error or a shorter request, never trouble") {
    const auto whole =
        "\0\1name\0octet\0blksize\0"
        "1468\0"s;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto packet = parse_text(whole.substr(0, length));
        CHECK(packet.has_value() == (length >= 13));
        if (packet) CHECK(std::get<FileRequest>(*packet).options.empty());
    }
}

TEST_CASE("every packet survives being written and read") {
    const std::vector<Packet> packets{
        FileRequest{Opcode::RRQ, "boot/x64/file", Mode::octet, {{"tsize", "0"}, {"Blksize", "512"}}},
        FileRequest{Opcode::WRQ, "f", Mode::netascii, {}},
        FileRequest{Opcode::RRQ, "f", Mode::other, {}},
        Data{65535, {1, 2, 3}},
        Data{0, {}},
        Ack{0x1234},
        ErrorPacket{ErrorCode::file_not_found, "File not found"},
        ErrorPacket{static_cast<ErrorCode>(99), ""},
        OptionAck{{{"tsize", "123456789012"}, {"windowsize", "4"}}},
    };
    for (const auto& packet : packets) {
        const auto again = parse(serialize(packet));
        REQUIRE(again);
        CHECK(*again == packet);
    }
}

TEST_CASE("packets are written as RFC 1350 and 2347 draw them") {
    CHECK(base::to_hex(serialize(Ack{258})) == "00040102");
    CHECK(base::to_hex(serialize(Data{1, {0xaa}})) == "00030001aa");
    CHECK(base::to_hex(serialize(ErrorPacket{ErrorCode::unknown_transfer_id, "no"})) == "000500056e6f00");
    CHECK(base::to_hex(serialize(OptionAck{{{"tsize", "9"}}})) == "00067473697a65003900");
}

TEST_CASE("option values are decimal digits and nothing else") {
    CHECK(*decimal("0") == 0);
    CHECK(*decimal("0512") == 512);
    CHECK(*decimal("9223372036854775807") == INT64_MAX);
    for (const auto* bad : {"", " 1", "1 ", "+1", "-1", "0x10", "1.5", "9223372036854775808", "99999999999999999999"}) {
        CAPTURE(bad);
        CHECK_FALSE(decimal(bad));
    }
}

TEST_CASE("an error text from the network is made fit for a log") {
    CHECK(printable("User aborted\r\n\x1b[2J\xff") == "User aborted???[2J?");
    CHECK(printable(std::string(500, 'x')).size() == 120);
}
