#include "server/base/datagrams.hpp"
#include "server_fixture.hpp"

#include <poll.h>

using namespace musterd;
using namespace musterd::tftp;
using namespace musterd::tftp::fixture;

namespace {

const base::IpAddress loopback = base::IpAddress::of_ipv6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

/// A client of IPv6 that says what it is told to.
class Client6 {
public:
    Client6() : socket_(*base::DatagramSocket::open(context_.get_executor(), {.local = {loopback, 0}})) {}

    void send(const Packet& packet, std::uint16_t port) { REQUIRE(socket_.send(serialize(packet), {loopback, port})); }
    template <class Kind>
    Kind hear_as() {
        pollfd waiting{socket_.native(), POLLIN, 0};
        ::poll(&waiting, 1, 5000);
        const auto datagram = socket_.receive();
        REQUIRE(datagram);
        CHECK(datagram->from.address == loopback);
        last_port = datagram->from.port;
        const auto packet = parse(datagram->payload);
        REQUIRE(packet);
        REQUIRE(std::holds_alternative<Kind>(*packet));
        return std::get<Kind>(*packet);
    }
    base::IpEndpoint local() { return socket_.local_endpoint(); }
    std::uint16_t last_port = 0;

private:
    boost::asio::io_context context_;
    base::DatagramSocket socket_;
};

void fetch(Fixture& fixture, const base::Bytes& bytes) {
    Client6 client;
    client.send(FileRequest{Opcode::RRQ, "f", Mode::octet, {{"blksize", "1000"}}}, fixture.port());
    client.hear_as<OptionAck>();
    client.send(Ack{0}, client.last_port);
    base::Bytes got;
    for (std::uint16_t block = 1; got.size() < bytes.size(); ++block) {
        const auto data = client.hear_as<Data>();
        REQUIRE(data.block == block);
        got.insert(got.end(), data.payload.begin(), data.payload.end());
        client.send(Ack{block}, client.last_port);
    }
    CHECK(got == bytes);
    const auto end = fixture.next_end();
    CHECK(end.complete);
    CHECK(end.peer == client.local());
    CHECK(end.peer.address.to_string() == "::1");
    CHECK(end.local == loopback);
}

}  // namespace

TEST_CASE("a server of every address answers IPv6 as it does IPv4, from the address that was asked") {
    for (const bool single_port : {false, true}) {
        Options options;
        options.single_port = single_port;
        Fixture fixture(options);
        fixture.add("f", content(2500));
        fetch(fixture, content(2500));
        Client client(fixture.port());
        client.ask("f");
        CHECK(take_all(client, 512, 1) == content(2500));
        const auto end = fixture.next_end();
        CHECK(end.complete);
        CHECK(end.peer.address.to_string() == "127.0.0.1");
    }
}

TEST_CASE("over IPv6 too an unknown file is refused from the port that was asked") {
    Fixture fixture{Options{}};
    Client6 client;
    client.send(FileRequest{Opcode::RRQ, "missing", Mode::octet, {}}, fixture.port());
    CHECK(client.hear_as<ErrorPacket>().code == ErrorCode::file_not_found);
    CHECK(client.last_port == fixture.port());
}

TEST_CASE("a server of one address does not listen on IPv6") {
    Fixture fixture;
    Client6 client;
    client.send(FileRequest{Opcode::RRQ, "f", Mode::octet, {}}, fixture.port());
    CHECK(fixture.server().counts().requests == 0);
    CHECK_FALSE(fixture.server().local_endpoint().address.is_ipv6());
}
