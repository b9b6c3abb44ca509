#include "tftp/netascii.hpp"

#include "server_fixture.hpp"

using namespace musterd;
using namespace musterd::tftp;
using namespace musterd::tftp::fixture;

namespace {

base::Bytes bytes(std::string_view text) {
    const auto view = base::as_bytes(text);
    return {view.begin(), view.end()};
}

base::Bytes converted(std::string_view text) {
    base::Bytes out;
    append_netascii(out, base::as_bytes(text));
    return out;
}

void ask_netascii(Client& client, std::uint16_t port, const std::string& name) {
    client.send(FileRequest{Opcode::RRQ, name, Mode::netascii, {{"tsize", "0"}}}, port);
}

}  // namespace

TEST_CASE("an end of line becomes CR LF, a lone CR becomes CR NUL, all else stays (RFC 764)") {
    using namespace std::string_view_literals;
    CHECK(converted("") == bytes(""));
    CHECK(converted("plain") == bytes("plain"));
    CHECK(converted("a\nb") == bytes("a\r\nb"));
    CHECK(converted("a\rb") == bytes("a\r\0b"sv));
    CHECK(converted("a\r\n") == bytes("a\r\0\r\n"sv));
    CHECK(converted("\0\xff"sv) == bytes("\0\xff"sv));
}

TEST_CASE("a conversion of many steps is that of the whole") {
    const auto source = content(700'001);
    base::Bytes expected;
    append_netascii(expected, source);
    auto conversion = NetasciiConversion::of(*base::slice_of_bytes(source));
    REQUIRE(conversion);
    int steps = 1;
    while (*conversion->step())
        ++steps;
    CHECK(steps == 3);
    const auto slice = conversion->finish();
    REQUIRE(slice);
    REQUIRE(slice->length == expected.size());
    base::Bytes got(expected.size());
    CHECK(::pread(slice->fd->get(), got.data(), got.size(), 0) == static_cast<ssize_t>(got.size()));
    CHECK(got == expected);
}

TEST_CASE("a client that asks for netascii gets it, without a tsize") {
    Fixture fixture;
    fixture.add("f", bytes("one\ntwo\n"));
    Client client(fixture.port());
    ask_netascii(client, fixture.port(), "f");
    CHECK(client.hear_as<Data>().payload == bytes("one\r\ntwo\r\n"));
    client.send(Ack{1}, client.last_port);
    const auto end = fixture.next_end();
    CHECK(end.complete);
    CHECK(end.size == 10);
}

TEST_CASE("a file too large to be converted is refused with a reason") {
    Fixture fixture;
    auto large = *base::slice_of_bytes(bytes("x"));
    large.length = NetasciiConversion::largest + 1;
    CHECK_FALSE(NetasciiConversion::of(large));
    fixture.add("f", base::Bytes(NetasciiConversion::largest + 1, 'x'));
    Client client(fixture.port());
    ask_netascii(client, fixture.port(), "f");
    CHECK(client.hear_as<ErrorPacket>().text == "File too large for netascii, ask for octet");
}

TEST_CASE("only a few converted files are held at once, and room comes when their transfers end") {
    Fixture fixture;
    fixture.add("f", content(2000));
    std::array<Client, 9> clients{Client(fixture.port()), Client(fixture.port()), Client(fixture.port()),
                                  Client(fixture.port()), Client(fixture.port()), Client(fixture.port()),
                                  Client(fixture.port()), Client(fixture.port()), Client(fixture.port())};
    for (std::size_t i = 0; i < 8; ++i) {
        ask_netascii(clients[i], fixture.port(), "f");
        clients[i].hear_as<Data>();
    }
    ask_netascii(clients[8], fixture.port(), "f");
    CHECK(clients[8].hear_as<ErrorPacket>().text == "Too many in netascii, ask for octet");
    clients[0].send(ErrorPacket{ErrorCode::not_defined, "enough"}, clients[0].last_port);
    fixture.next_end();
    ask_netascii(clients[8], fixture.port(), "f");
    clients[8].hear_as<Data>();
}
