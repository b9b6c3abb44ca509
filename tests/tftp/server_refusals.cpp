// What the server refuses, repeats, and does when it is stopped.
#include "server_fixture.hpp"

#include <sys/resource.h>

#include <memory>

using namespace musterd;
using namespace musterd::tftp;
using namespace musterd::tftp::fixture;

TEST_CASE("a missing file, a write and a climbing name are refused at once (cases 9 and 17)") {
    Fixture fixture;
    Client client(fixture.port());
    for (const auto* missing : {"grub.cfg-01-aa", "revocations.efi", "autoexec.ipxe", "bootsig.bin"}) {
        client.ask(missing);
        CHECK(client.hear_as<ErrorPacket>().code == ErrorCode::file_not_found);
    }
    client.ask("/../../etc/passwd");
    CHECK(client.hear_as<ErrorPacket>().code == ErrorCode::access_violation);
    client.send(FileRequest{Opcode::WRQ, "f", Mode::octet, {}}, fixture.port());
    CHECK(client.hear_as<ErrorPacket>().code == ErrorCode::access_violation);
    CHECK(fixture.requests.size() == 4);
    CHECK(fixture.ends_waiting() == 0);
    CHECK(fixture.server().counts().refused == 6);
}

TEST_CASE("a stranger gets ERROR 5 and the transfer goes on") {
    Fixture fixture;
    fixture.add("f", content(600));
    Client client(fixture.port());
    client.ask("f");
    CHECK(client.hear_as<Data>().block == 1);
    Client stranger(fixture.port());
    stranger.send(Ack{1}, client.last_port);
    CHECK(stranger.hear_as<ErrorPacket>().code == ErrorCode::unknown_transfer_id);
    stranger.send(ErrorPacket{ErrorCode::not_defined, "die"}, client.last_port);
    client.send(Ack{1}, client.last_port);
    CHECK(client.hear_as<Data>().block == 2);
    client.send(Ack{2}, client.last_port);
    CHECK(fixture.next_end().complete);
    CHECK(stranger.hears_nothing());
}

TEST_CASE("a lost first block is sent again soon after the client repeats its ACK, once (case 14)") {
    Fixture fixture;
    fixture.add("f", content(512 * 40));
    Client client(fixture.port());
    client.ask("f", {{"windowsize", "4"}});
    client.hear_as<OptionAck>();
    client.send(Ack{0}, client.last_port);
    for (std::uint16_t block = 1; block <= 4; ++block)
        CHECK(client.hear_as<Data>().block == block);
    client.send(Ack{4}, client.last_port);
    for (std::uint16_t block = 5; block <= 8; ++block)
        CHECK(client.hear_as<Data>().block == block);
    const auto asked = std::chrono::steady_clock::now();
    for (int i = 0; i < 8; ++i)
        client.send(Ack{4}, client.last_port);
    auto again = client.hear_as<Data>().block;
    if (again == 8) again = client.hear_as<Data>().block;  // the ACKs came so soon that it asked first
    CHECK(again == 5);
    for (std::uint16_t block = 6; block <= 8; ++block)
        CHECK(client.hear_as<Data>().block == block);
    CHECK(std::chrono::steady_clock::now() - asked < std::chrono::milliseconds(900));
    client.send(ErrorPacket{ErrorCode::not_defined, "enough"}, client.last_port);
    const auto end = fixture.next_end();
    CHECK(end.retransmitted >= 4);
    CHECK(end.retransmitted <= 9);
    CHECK(end.sent == 4 * 512);
    CHECK(end.reason == "the client ended it, error 0: enough");
}

TEST_CASE("an OACK that was lost comes again by itself") {
    Fixture fixture;
    fixture.add("f", content(10));
    Client client(fixture.port());
    client.ask("f", {{"tsize", "0"}, {"timeout", "1"}});
    const auto first = client.hear_as<OptionAck>();
    CHECK(client.hear_as<OptionAck>() == first);
}

TEST_CASE("every answer comes from the address that was asked, on a server with several") {
    Fixture fixture(16, base::Ipv4{});
    fixture.add("f", content(10));
    const std::uint32_t second = INADDR_LOOPBACK + 1;  // 127.0.0.2: all of 127/8 is local
    Client client(fixture.port(), second);
    client.ask("missing");
    CHECK(client.hear_as<ErrorPacket>().code == ErrorCode::file_not_found);
    CHECK(client.last_address == second);
    client.ask("f");
    CHECK(client.hear_as<Data>().payload.size() == 10);
    CHECK(client.last_address == second);
    CHECK(fixture.requests.at(0).local == base::Ipv4(second));
}

TEST_CASE("above the limit of transfers a client is told so") {
    Fixture fixture(2);
    fixture.add("f", content(600));
    std::array<Client, 3> clients{Client(fixture.port()), Client(fixture.port()), Client(fixture.port())};
    clients[0].ask("f");
    clients[0].hear_as<Data>();
    clients[1].ask("later");
    clients[2].ask("f");
    const auto error = clients[2].hear_as<ErrorPacket>();
    CHECK(error.code == ErrorCode::not_defined);
    CHECK(error.text == "Too many transfers, try again");
    fixture.on_thread([] {});  // it is told after the client is
    const auto refused = fixture.refusals();
    REQUIRE(refused.size() == 1);
    CHECK(refused.at(0).refused == ErrorCode::not_defined);
    CHECK(refused.at(0).path == "f");
    CHECK(refused.at(0).reason == error.text);
}

TEST_CASE("transfers take no more than three quarters of the process's descriptors, two for each") {
    rlimit usual{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
    auto small = usual;
    small.rlim_cur = 64;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &small) == 0);
    Fixture fixture(4096);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
    fixture.add("f", content(600));
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 24; ++i) {
        clients.push_back(std::make_unique<Client>(fixture.port()));
        clients.back()->ask("f");
        clients.back()->hear_as<Data>();
    }
    Client late(fixture.port());
    late.ask("f");
    CHECK(late.hear_as<ErrorPacket>().text == "Too many transfers, try again");
    CHECK(fixture.transfers() == 24);
}

TEST_CASE("a late answer of the product, from another thread, begins the transfer; a second one does nothing") {
    Fixture fixture;
    Client client(fixture.port());
    client.ask("later");
    Client marker(fixture.port());
    marker.ask("missing");  // when it is answered, the other was asked of the product
    marker.hear_as<ErrorPacket>();
    const auto reply = fixture.withheld.at(0);
    std::thread([&] {
        reply(*base::slice_of_bytes(content(10)));
        reply(*base::slice_of_bytes(content(20)));
    }).join();
    CHECK(take_all(client, 512, 1) == content(10));
    CHECK(fixture.next_end().complete);
    CHECK(fixture.transfers() == 0);
    CHECK(client.hears_nothing());
}

TEST_CASE("an answer to a request that its client has replaced begins nothing") {
    Fixture fixture;
    Client client(fixture.port());
    client.ask("later");
    client.ask("later, other");
    Client marker(fixture.port());
    marker.ask("missing");
    marker.hear_as<ErrorPacket>();
    REQUIRE(fixture.withheld.size() == 2);
    fixture.withheld[0](*base::slice_of_bytes(content(10)));
    CHECK(fixture.transfers() == 0);
    CHECK(client.hears_nothing());
    fixture.withheld[1](*base::slice_of_bytes(content(20)));
    CHECK(take_all(client, 512, 1) == content(20));
    CHECK(fixture.next_end().path == "later, other");
}

TEST_CASE("finishing lets transfers come to their end and takes no more") {
    Fixture fixture;
    fixture.add("f", content(600));
    Client client(fixture.port());
    client.ask("f");
    client.hear_as<Data>();
    fixture.on_thread([&] { fixture.tasks().finish(); });
    CHECK(fixture.transfers() == 1);
    client.send(Ack{1}, client.last_port);
    CHECK(client.hear_as<Data>().block == 2);
    client.send(Ack{2}, client.last_port);
    CHECK(fixture.next_end().complete);
    fixture.on_thread([&] { CHECK(fixture.tasks().running() == 0); });
}

TEST_CASE("cutting closes all transfers and tells their end") {
    Fixture fixture;
    fixture.add("f", content(600));
    Client client(fixture.port());
    client.ask("f");
    client.hear_as<Data>();
    fixture.on_thread([&] { fixture.tasks().cut(); });
    const auto end = fixture.next_end();
    CHECK_FALSE(end.complete);
    CHECK(end.reason == "the server stopped");
    fixture.on_thread([&] { CHECK(fixture.tasks().running() == 0); });
}

TEST_CASE("a port that is taken is an error with its name") {
    Fixture fixture;
    asio::io_context context;
    Options options;
    options.address = base::Ipv4(INADDR_LOOPBACK);
    options.port = fixture.port();
    Server second(context.get_executor(), options, {}, {});
    const auto opened = second.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message().find(std::to_string(fixture.port())) != std::string::npos);
}
