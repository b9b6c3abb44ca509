// The server on loopback with a client that says exactly what a test wants it to.
#include "tftp/server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

using namespace musterd;
using namespace musterd::tftp;

namespace {

base::Bytes content(std::size_t size) {
    base::Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
    return bytes;
}

/// A server of files in memory, on a thread of its own.
class Fixture {
public:
    explicit Fixture(std::uint32_t max_transfers = 16)
        : work_(context_.get_executor()), tasks_(context_.get_executor()) {
        Options options;
        options.address = base::Ipv4(INADDR_LOOPBACK);
        options.port = 0;
        options.max_transfers = max_transfers;
        server_.emplace(
            context_.get_executor(), options,
            [this](const Request& request, Reply reply) { resolve(request, std::move(reply)); },
            [this](const TransferEnd& end) { note(end); });
        REQUIRE(server_->open());
        port_ = server_->local_endpoint().port;
        server_->run(tasks_);
        thread_ = std::thread([this] { context_.run(); });
    }
    ~Fixture() {
        on_thread([this] {
            server_.reset();
            tasks_.cut();
        });
        work_.reset();
        thread_.join();
        CHECK(tasks_.running() == 0);
        CHECK(tasks_.failed() == 0);
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;

    void add(const std::string& path, const base::Bytes& bytes) { files_[path] = *base::slice_of_bytes(bytes); }

    template <class Work>
    void on_thread(Work work) {
        std::promise<void> done;
        asio::post(context_, [&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }
    std::size_t transfers() {
        std::size_t count = 0;
        on_thread([&] { count = server_->transfers(); });
        return count;
    }
    /// The next end of a transfer; none within 5 s fails the test.
    TransferEnd next_end() {
        std::unique_lock lock(mutex_);
        REQUIRE(changed_.wait_for(lock, std::chrono::seconds(5), [&] { return !ends_.empty(); }));
        const auto end = ends_.front();
        ends_.erase(ends_.begin());
        return end;
    }
    std::size_t ends_waiting() {
        const std::lock_guard lock(mutex_);
        return ends_.size();
    }

    base::Tasks& tasks() { return tasks_; }
    Server& server() { return *server_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    std::vector<Request> requests;  ///< read after an answer came
    std::vector<Reply> withheld;    ///< replies for names that begin with "later"

private:
    void resolve(const Request& request, Reply reply) {
        requests.push_back(request);
        if (request.path.starts_with("later")) return withheld.push_back(std::move(reply));
        const auto found = files_.find(request.path);
        if (found == files_.end()) return reply(base::Error::from_errno(request.path, ENOENT));
        reply(found->second);
    }
    void note(const TransferEnd& end) {
        const std::lock_guard lock(mutex_);
        ends_.push_back(end);
        changed_.notify_all();
    }

    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    base::Tasks tasks_;
    std::optional<Server> server_;
    std::uint16_t port_ = 0;
    std::map<std::string, base::FileSlice> files_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<TransferEnd> ends_;
    std::thread thread_;
};

struct Heard {
    Packet packet;
    std::uint16_t port = 0;  ///< of the server, for this transfer
};

class Client {
public:
    explicit Client(std::uint16_t server) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), server_(server) {
        const timeval patience{5, 0};
        REQUIRE(::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
        const auto any = loopback(0);
        REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
    }
    void ask(const std::string& name, std::vector<Option> options = {}) {
        send(FileRequest{Opcode::RRQ, name, Mode::octet, std::move(options)}, server_);
    }
    void send(const Packet& packet, std::uint16_t port) {
        const auto bytes = serialize(packet);
        const auto to = loopback(port);
        REQUIRE(::sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) ==
                static_cast<ssize_t>(bytes.size()));
    }
    Heard hear() {
        auto heard = hear_within(MSG_TRUNC);
        REQUIRE(heard);
        return *heard;
    }
    bool hears_nothing() { return !hear_within(MSG_DONTWAIT); }
    template <class Kind>
    Kind hear_as() {
        const auto heard = hear();
        REQUIRE(std::holds_alternative<Kind>(heard.packet));
        last_port = heard.port;
        return std::get<Kind>(heard.packet);
    }
    std::uint16_t last_port = 0;

private:
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    std::optional<Heard> hear_within(int flags) {
        std::array<std::uint8_t, 65536> buffer;
        sockaddr_in from{};
        socklen_t length = sizeof from;
        const auto count =
            ::recvfrom(fd_.get(), buffer.data(), buffer.size(), flags, reinterpret_cast<sockaddr*>(&from), &length);
        if (count < 0) return std::nullopt;
        const auto packet = parse(base::ByteView(buffer).first(static_cast<std::size_t>(count)));
        REQUIRE(packet);
        return Heard{*packet, ntohs(from.sin_port)};
    }

    base::Fd fd_;
    std::uint16_t server_;
};

/// Takes a file to its end, acknowledging each window; returns its bytes.
base::Bytes take_all(Client& client, std::size_t blksize, std::size_t windowsize) {
    base::Bytes got;
    for (std::uint16_t expected = 1;; ++expected) {
        const auto data = client.hear_as<Data>();
        REQUIRE(data.block == expected);
        got.insert(got.end(), data.payload.begin(), data.payload.end());
        const bool last = data.payload.size() < blksize;
        if (last || expected % windowsize == 0) client.send(Ack{expected}, client.last_port);
        if (last) return got;
    }
}

}  // namespace

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
}

TEST_CASE("a late answer of the product, from another thread, begins the transfer; a second one does nothing") {
    Fixture fixture;
    Client client(fixture.port());
    client.ask("later");
    client.ask("missing");
    client.hear_as<ErrorPacket>();
    // The newer request from this port has put the first one out of date: its file must not arrive.
    std::thread([&] { fixture.withheld.at(0)(*base::slice_of_bytes(content(10))); }).join();
    CHECK(fixture.transfers() == 0);

    Client patient(fixture.port()), marker(fixture.port());
    patient.ask("later");
    marker.ask("missing");
    marker.hear_as<ErrorPacket>();
    const auto reply = fixture.withheld.at(1);
    std::thread([&] {
        reply(*base::slice_of_bytes(content(10)));
        reply(*base::slice_of_bytes(content(20)));
    }).join();
    CHECK(take_all(patient, 512, 1) == content(10));
    CHECK(fixture.next_end().complete);
    CHECK(fixture.transfers() == 0);
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
