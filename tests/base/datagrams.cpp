#include "server/base/datagrams.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <boost/asio/io_context.hpp>

using namespace musterd::base;

namespace {
const Ipv4 loopback(0x7f000001);

std::optional<Datagram> receive(DatagramSocket& socket) {
    pollfd waiting{socket.native(), POLLIN, 0};
    ::poll(&waiting, 1, 5000);
    return socket.receive();
}
}  // namespace

TEST_CASE("a datagram tells both of its ends and its interface, and can be answered from the address it was sent to") {
    boost::asio::io_context context;
    auto server = DatagramSocket::open(context.get_executor(), {});
    auto client = DatagramSocket::open(context.get_executor(), {.local = {loopback, 0}});
    REQUIRE(server);
    REQUIRE(client);
    const Ipv4 second(0x7f000002);  // loopback answers for all of 127/8
    REQUIRE(client->send(as_bytes("ping"), {second, server->local_endpoint().port}));
    const auto asked = receive(*server);
    REQUIRE(asked);
    CHECK(as_text(asked->payload) == "ping");
    CHECK(asked->to == second);
    CHECK(asked->from == client->local_endpoint());
    CHECK(asked->interface != 0);
    CHECK_FALSE(asked->truncated);
    REQUIRE(server->send(as_bytes("pong"), asked->from, asked->to));
    const auto answered = receive(*client);
    REQUIRE(answered);
    CHECK(answered->from.address == second);
}

TEST_CASE("a datagram longer than the buffer is said to be truncated") {
    boost::asio::io_context context;
    auto server = DatagramSocket::open(context.get_executor(), {.local = {loopback, 0}});
    auto client = DatagramSocket::open(context.get_executor(), {.local = {loopback, 0}});
    REQUIRE(client->send(Bytes(20'000, 'x'), server->local_endpoint()));
    const auto datagram = receive(*server);
    REQUIRE(datagram);
    CHECK(datagram->truncated);
    CHECK(datagram->payload.size() == DatagramSocket::max_payload);
}

TEST_CASE("an empty queue gives nothing, and a taken port an error with its cure") {
    boost::asio::io_context context;
    auto first = DatagramSocket::open(context.get_executor(), {.local = {loopback, 0}});
    REQUIRE(first);
    CHECK_FALSE(first->receive());
    const auto second = DatagramSocket::open(context.get_executor(), {.local = first->local_endpoint()});
    REQUIRE_FALSE(second);
    CHECK(second.error().code() == std::errc::address_in_use);
    CHECK(second.error().message().find("another program holds it: ss -lunp") != std::string::npos);
    const auto nowhere = DatagramSocket::open(context.get_executor(), {.device = "no-such-nic"});
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().message().find("there is no such interface") != std::string::npos);
}

TEST_CASE("loopback is among the interfaces") {
    const auto interfaces = list_interfaces();
    REQUIRE(interfaces);
    const auto found = std::find_if(interfaces->begin(), interfaces->end(), [](const auto& i) { return i.loopback; });
    REQUIRE(found != interfaces->end());
    CHECK(found->address == loopback);
    REQUIRE_FALSE(found->addresses.empty());
    CHECK(found->addresses.front().contains(Ipv4(0x7f0a0b0c)));
    CHECK_FALSE(found->addresses.front().contains(Ipv4(0x0a000001)));
}
