#include "server/base/ip_address.hpp"

#include "server/base/datagrams.hpp"
#include "server/base/socket_address.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <boost/asio/io_context.hpp>

using namespace musterd::base;

namespace {

IpAddress six(std::initializer_list<std::uint8_t> first, std::initializer_list<std::uint8_t> last, unsigned scope = 0) {
    IpAddress::Bytes16 bytes{};
    std::copy(first.begin(), first.end(), bytes.begin());
    std::copy(last.begin(), last.end(), bytes.end() - static_cast<std::ptrdiff_t>(last.size()));
    return IpAddress::of_ipv6(bytes, scope);
}

}  // namespace

TEST_CASE("an address is written as people and URLs have it") {
    struct Case {
        IpAddress address;
        const char *text, *host, *with_port;
    };
    const Case cases[]{
        {Ipv4(0x0a370005), "10.55.0.5", "10.55.0.5", "10.55.0.5:69"},
        {six({0xfd, 0x55}, {5}), "fd55::5", "[fd55::5]", "[fd55::5]:69"},
        {six({0xfe, 0x80}, {1}, 2), "fe80::1", "[fe80::1]", "[fe80::1]:69"},
        {six({}, {0xff, 0xff, 10, 55, 0, 5}), "10.55.0.5", "10.55.0.5", "10.55.0.5:69"},
        {six({}, {}), "::", "[::]", "[::]:69"},
    };
    for (const auto& one : cases) {
        CHECK(one.address.to_string() == one.text);
        CHECK(one.address.to_url_host() == one.host);
        CHECK(IpEndpoint(one.address, 69).to_string() == one.with_port);
    }
}

TEST_CASE("only a link-local address keeps its interface, and any is none") {
    CHECK(six({0xfe, 0x80}, {1}, 2).scope() == 2);
    CHECK(six({0xfd, 0x55}, {1}, 2).scope() == 0);
    CHECK(six({0xfe, 0x80}, {1}, 2) != six({0xfe, 0x80}, {1}, 3));
    CHECK(six({}, {}).none());
    CHECK(IpAddress().none());
    CHECK_FALSE(six({}, {1}).none());
    CHECK(six({}, {}) != IpAddress());
    CHECK(IpEndpoint(six({}, {1}), 7).ipv4() == Endpoint{Ipv4(), 7});
}

TEST_CASE("an end point survives the way through the kernel's form") {
    for (const IpEndpoint& endpoint :
         {IpEndpoint(Ipv4(0x0a370005), 4011), IpEndpoint(six({0xfe, 0x80}, {9}, 3), 69), IpEndpoint(six({}, {}), 1)})
        CHECK(SocketAddress(endpoint).endpoint() == endpoint);
}

TEST_CASE("a socket of IPv6 knows which address was spoken to, and answers from it") {
    boost::asio::io_context context;
    const auto any = six({}, {});
    const auto loopback = six({}, {1});
    auto server = DatagramSocket::open(context.get_executor(), {.local = {any, 0}});
    auto client = DatagramSocket::open(context.get_executor(), {.local = {loopback, 0}});
    REQUIRE(client);
    REQUIRE(server);
    const auto wait = [](DatagramSocket& socket) {
        pollfd waiting{socket.native(), POLLIN, 0};
        ::poll(&waiting, 1, 5000);
        return socket.receive();
    };
    REQUIRE(client->send(as_bytes("ping"), {loopback, server->local_endpoint().port}));
    const auto asked = wait(*server);
    REQUIRE(asked);
    CHECK(asked->to == loopback);
    CHECK(asked->local == loopback);
    CHECK(asked->interface != 0);
    CHECK(asked->from == client->local_endpoint());
    REQUIRE(server->send(as_bytes("pong"), asked->from, asked->local, asked->interface));
    const auto answered = wait(*client);
    REQUIRE(answered);
    CHECK(answered->from == IpEndpoint(loopback, server->local_endpoint().port));
}
