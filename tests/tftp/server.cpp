// Transfers as firmware makes them.
#include "server_fixture.hpp"

using namespace musterd;
using namespace musterd::tftp;
using namespace musterd::tftp::fixture;

TEST_CASE("a file arrives whole with options, from a port of its own, and its end is told") {
    Fixture fixture;
    const auto bytes = content(100'000);
    fixture.add("boot/x.efi", bytes);
    Client client(fixture.port());
    client.ask("\\boot\\x.efi\xff", {{"blksize", "1468"}, {"windowsize", "4"}, {"tsize", "0"}});
    CHECK(client.hear_as<OptionAck>().options ==
          std::vector<Option>{{"blksize", "1468"}, {"windowsize", "4"}, {"tsize", "100000"}});
    CHECK(client.last_port != fixture.port());
    client.send(Ack{0}, client.last_port);
    CHECK(take_all(client, 1468, 4) == bytes);

    const auto end = fixture.next_end();
    CHECK(end.complete);
    CHECK_FALSE(end.probe);
    CHECK(end.path == "boot/x.efi");
    CHECK(end.sent == 100'000);
    CHECK(end.size == 100'000);
    CHECK(end.blksize == 1468);
    CHECK(end.windowsize == 4);
    CHECK(end.reason == "");
    CHECK(end.local == base::Ipv4(INADDR_LOOPBACK));
    CHECK(fixture.requests.at(0).local == base::Ipv4(INADDR_LOOPBACK));
    CHECK(fixture.transfers() == 0);
}

TEST_CASE("without options block 1 comes first, and a whole multiple ends with an empty block (cases 12 and 16)") {
    Fixture fixture;
    fixture.add("f", content(1024));
    fixture.add("empty", {});
    Client client(fixture.port());
    client.ask("f");
    CHECK(take_all(client, 512, 1) == content(1024));
    CHECK(fixture.next_end().complete);
    client.ask("empty");
    CHECK(take_all(client, 512, 1).empty());
    CHECK(fixture.next_end().complete);
}

TEST_CASE("EDK2's probe frees its session, and the read from a new port follows (case 10)") {
    Fixture fixture;
    fixture.add("x.efi", content(3000));
    Client probe(fixture.port());
    probe.ask("x.efi", {{"tsize", "0"}, {"blksize", "1468"}, {"windowsize", "4"}});
    CHECK(probe.hear_as<OptionAck>().options.front() == Option{"tsize", "3000"});
    probe.send(ErrorPacket{ErrorCode::option_negotiation, "User aborted the transfer"}, probe.last_port);
    const auto end = fixture.next_end();
    CHECK(end.probe);
    CHECK_FALSE(end.complete);
    CHECK(end.retransmitted == 0);
    CHECK(fixture.transfers() == 0);
    CHECK(probe.hears_nothing());

    Client read(fixture.port());
    read.ask("x.efi", {{"blksize", "1468"}, {"windowsize", "4"}});
    read.hear_as<OptionAck>();
    read.send(Ack{0}, read.last_port);
    CHECK(take_all(read, 1468, 4) == content(3000));
    CHECK(fixture.next_end().complete);
}

TEST_CASE("a repeated request gets the same OACK from the same port, one session (case 15)") {
    Fixture fixture;
    fixture.add("f", content(100));
    Client client(fixture.port());
    client.ask("f", {{"tsize", "0"}});
    const auto first = client.hear_as<OptionAck>();
    const auto port = client.last_port;
    client.ask("f", {{"tsize", "0"}});
    CHECK(client.hear_as<OptionAck>() == first);
    CHECK(client.last_port == port);
    CHECK(fixture.transfers() == 1);
    client.send(Ack{0}, port);
    CHECK(take_all(client, 512, 1) == content(100));
    CHECK(fixture.next_end().complete);
    CHECK(fixture.requests.size() == 1);
    CHECK(fixture.server().counts().repeated == 1);
}

TEST_CASE("a request repeated while its file is looked for is asked of the product once") {
    Fixture fixture;
    Client client(fixture.port());
    client.ask("later");
    client.ask("later");
    client.ask("missing");  // queued behind: when it is answered, the others were seen
    CHECK(client.hear_as<ErrorPacket>().code == ErrorCode::file_not_found);
    CHECK(fixture.withheld.size() == 1);
    CHECK(fixture.server().counts().repeated == 1);
}

TEST_CASE("another request from the same port gives up the unanswered one (Intel's ROMs)") {
    Fixture fixture;
    fixture.add("f", content(100));
    Client client(fixture.port());
    client.ask("f", {{"tsize", "0"}});
    client.hear_as<OptionAck>();
    const auto port = client.last_port;
    client.ask("f", {{"blksize", "1456"}});
    CHECK(client.hear_as<OptionAck>().options == std::vector<Option>{{"blksize", "1456"}});
    CHECK(client.last_port != port);
    CHECK(fixture.next_end().reason == "the client asked for something else");
    CHECK(fixture.transfers() == 1);
}
