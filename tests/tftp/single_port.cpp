// Single-port mode: what is different when all transfers share the listening port.
#include "server_fixture.hpp"

using namespace musterd;
using namespace musterd::tftp;
using namespace musterd::tftp::fixture;

namespace {

Options single_port() {
    Options options;
    options.address = base::Ipv4(INADDR_LOOPBACK);
    options.single_port = true;
    return options;
}

/// After the last transfer the port is closed, and its task ends a turn or two of the loop later.
std::size_t running_soon(Fixture& fixture) {
    std::size_t running = 1;
    for (int turn = 0; turn < 5 && running > 0; ++turn)
        fixture.on_thread([&] { running = fixture.tasks().running(); });
    return running;
}

}  // namespace

TEST_CASE("a single port sends all of a file from the port that was asked") {
    Fixture fixture(single_port());
    fixture.add("f", content(100'000));
    Client client(fixture.port());
    client.ask("f", {{"blksize", "1468"}, {"windowsize", "64"}});
    client.hear_as<OptionAck>();
    CHECK(client.last_port == fixture.port());
    client.send(Ack{0}, fixture.port());
    CHECK(take_all(client, 1468, 64) == content(100'000));
    CHECK(client.last_port == fixture.port());
    CHECK(fixture.next_end().complete);
    CHECK(fixture.transfers() == 0);
    CHECK(client.hears_nothing());
}

TEST_CASE("transfers on a single port do not mix") {
    Fixture fixture(single_port());
    fixture.add("one", content(1500));
    fixture.add("other", base::Bytes(1500, 9));
    Client one(fixture.port());
    Client other(fixture.port());
    one.ask("one");
    other.ask("other");
    base::Bytes got_one;
    base::Bytes got_other;
    for (std::uint16_t block = 1; block <= 3; ++block) {
        for (auto [client, got] : {std::pair(&one, &got_one), std::pair(&other, &got_other)}) {
            const auto data = client->hear_as<Data>();
            CHECK(data.block == block);
            got->insert(got->end(), data.payload.begin(), data.payload.end());
            client->send(Ack{block}, fixture.port());
        }
    }
    CHECK(got_one == content(1500));
    CHECK(got_other == base::Bytes(1500, 9));
    CHECK(fixture.next_end().complete);
    CHECK(fixture.next_end().complete);
}

TEST_CASE("on a single port an ACK or ERROR of nobody's transfer is passed over, and an ERROR ends its own") {
    Fixture fixture(single_port());
    fixture.add("f", content(600));
    Client client(fixture.port());
    Client stranger(fixture.port());
    client.ask("f");
    CHECK(client.hear_as<Data>().block == 1);
    stranger.send(Ack{1}, fixture.port());
    stranger.send(ErrorPacket{ErrorCode::not_defined, "die"}, fixture.port());
    client.send(Ack{1}, fixture.port());
    CHECK(client.hear_as<Data>().block == 2);
    CHECK(stranger.hears_nothing());
    CHECK(fixture.server().counts().ignored == 2);
    client.send(ErrorPacket{ErrorCode::not_defined, "enough"}, fixture.port());
    CHECK(fixture.next_end().reason == "the client ended it, error 0: enough");
    CHECK(fixture.transfers() == 0);
}

TEST_CASE("on a single port an old copy of the request does not disturb the transfer") {
    Fixture fixture(single_port());
    fixture.add("f", content(600));
    Client client(fixture.port());
    client.ask("f");
    CHECK(client.hear_as<Data>().block == 1);
    client.send(Ack{1}, fixture.port());
    CHECK(client.hear_as<Data>().block == 2);
    client.ask("f");
    client.send(Ack{2}, fixture.port());
    CHECK(fixture.next_end().complete);
    CHECK(client.hears_nothing());
    CHECK(fixture.server().counts().repeated == 1);
}

TEST_CASE("on a single port a client that was silent and begins again gets the file from its start") {
    Fixture fixture(single_port());
    fixture.add("f", content(600));
    Client client(fixture.port());
    client.ask("f");
    CHECK(client.hear_as<Data>().block == 1);
    client.send(Ack{1}, fixture.port());
    CHECK(client.hear_as<Data>().block == 2);
    for (int repeated = 0; repeated < 5; ++repeated)  // by the timer, in all for more than a second without a word
        CHECK(client.hear_as<Data>().block == 2);
    client.ask("f");
    CHECK(take_all(client, 512, 1) == content(600));
    CHECK(fixture.next_end().reason == "the client began again");
    CHECK(fixture.next_end().complete);
}

TEST_CASE("on a single port another request replaces the transfer of that client, however far it came") {
    Fixture fixture(single_port());
    fixture.add("f", content(600));
    fixture.add("g", content(700));
    Client client(fixture.port());
    client.ask("f");
    client.hear_as<Data>();
    client.send(Ack{1}, fixture.port());
    CHECK(client.hear_as<Data>().block == 2);
    client.ask("g");
    CHECK(take_all(client, 512, 1) == content(700));
    CHECK(fixture.next_end().reason == "the client asked for something else");
    CHECK(fixture.next_end().path == "g");
}

TEST_CASE("on a single port every answer comes from the address that was asked") {
    auto options = single_port();
    options.address = {};
    Fixture fixture(options);
    fixture.add("f", content(3000));
    const std::uint32_t second = INADDR_LOOPBACK + 1;
    Client client(fixture.port(), second);
    client.ask("f", {{"windowsize", "4"}});
    client.hear_as<OptionAck>();
    CHECK(client.last_address == second);
    client.send(Ack{0}, fixture.port());
    CHECK(take_all(client, 512, 4) == content(3000));
    CHECK(client.last_address == second);
}

TEST_CASE("finishing on a single port lets transfers come to their end, and refuses more") {
    Fixture fixture(single_port());
    fixture.add("f", content(600));
    Client client(fixture.port());
    client.ask("f");
    client.hear_as<Data>();
    fixture.on_thread([&] { fixture.tasks().finish(); });
    Client late(fixture.port());
    late.ask("f");
    CHECK(late.hear_as<ErrorPacket>().text == "The server stops");
    client.send(Ack{1}, fixture.port());
    CHECK(client.hear_as<Data>().block == 2);
    client.send(Ack{2}, fixture.port());
    CHECK(fixture.next_end().complete);
    CHECK(running_soon(fixture) == 0);
}

TEST_CASE("cutting on a single port tells the end of all transfers and frees the port") {
    Fixture fixture(single_port());
    fixture.add("f", content(600));
    Client client(fixture.port());
    client.ask("f");
    client.hear_as<Data>();
    fixture.on_thread([&] { fixture.tasks().cut(); });
    CHECK(fixture.next_end().reason == "the server stopped");
    CHECK(running_soon(fixture) == 0);
}

TEST_CASE("a window of 64 arrives whole with segmentation, without it, and on both kinds of port") {
    for (const bool segmentation : {true, false}) {
        for (const bool single : {true, false}) {
            auto options = single_port();
            options.single_port = single;
            options.segmentation = segmentation;
            CAPTURE(segmentation);
            CAPTURE(single);
            Fixture fixture(options);
            const auto bytes = content(1468 * 200 + 17);
            fixture.add("f", bytes);
            Client client(fixture.port());
            client.ask("f", {{"blksize", "1468"}, {"windowsize", "64"}});
            CHECK(client.hear_as<OptionAck>().options.back() == Option{"windowsize", "64"});
            client.send(Ack{0}, client.last_port);
            CHECK(take_all(client, 1468, 64) == bytes);
            CHECK(fixture.next_end().complete);
        }
    }
}
