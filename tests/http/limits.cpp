// Clients that are slow, silent, greedy or gone, and the end of the server.
#include "live_server.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <list>

using namespace musterd::http;
using namespace std::chrono_literals;

namespace {

/// More than any socket's buffers hold.
const std::string& big() {
    static const std::string bytes = pattern(48U << 20U);
    return bytes;
}

/// Serves /big, whose deliveries can be waited for, and "ok" everywhere else.
class BigFile {
public:
    Handler handler() {
        return [this, file = file_response(big())](const Request& request, const Respond& respond) {
            if (request.path != "/big") return respond(text(200, "ok"));
            auto response = file;
            response.on_end = [this](const Delivery& delivery) {
                if (!told_.exchange(true)) ended_.set_value(delivery);
            };
            respond(response);
        };
    }
    Delivery delivery() {
        auto future = ended_.get_future();
        if (future.wait_for(patience) != std::future_status::ready) return {};
        return future.get();
    }

private:
    std::promise<Delivery> ended_;  ///< of the first one
    std::atomic<bool> told_ = false;
};

// UBSAN opens a pipe to check the type of an object; where there is no descriptor it takes every type for wrong. So the
// test of that state runs in builds without sanitizers (preset coverage).
#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer);
#else
constexpr bool sanitized = false;
#endif

const std::string get_big = "GET /big HTTP/1.1\r\nHost: s\r\n\r\n";

}  // namespace

TEST_CASE("a header of 1 MB is answered 431 though it is still being sent, then the connection ends") {
    BigFile file;
    LiveServer server(file.handler());
    Client client(server->tcp_port());
    client.send("GET / HTTP/1.1\r\nX-Long: " + std::string(1U << 20U, 'x') + "\r\n\r\n");
    const auto reply = client.read_reply();
    REQUIRE(reply);
    CHECK(reply->status == 431);
    CHECK(reply->fields.at("Connection") == "close");
    CHECK(client.at_end());
}

TEST_CASE("a body over the limit is 413, sent or only announced") {
    BigFile file;
    LiveServer server(file.handler());
    Client announced(server->tcp_port());
    REQUIRE(announced.send("POST / HTTP/1.1\r\nContent-Length: 70000\r\n\r\n"));
    CHECK(announced.read_reply().value().status == 413);
    Client sent(server->tcp_port());
    sent.send("POST / HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n" + std::string(1U << 20U, 'x'));
    CHECK(sent.read_reply().value().status == 413);
}

TEST_CASE("half a request and then silence is 408; a client that says nothing is let go without a word") {
    Limits limits;
    limits.request = 50ms;
    limits.idle = 100ms;
    limits.linger = 50ms;
    BigFile file;
    LiveServer server(file.handler(), limits);
    Client half(server->tcp_port());
    REQUIRE(half.send("GET / HTTP/1.1\r\nHost: s\r\n"));
    const auto reply = half.read_reply();
    REQUIRE(reply);
    CHECK(reply->status == 408);
    CHECK(half.at_end());
    Client half_a_body(server->tcp_port());
    REQUIRE(half_a_body.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"));
    CHECK(half_a_body.read_reply().value().status == 408);
    Client silent(server->tcp_port());
    CHECK(silent.read_to_end().empty());
    Client done(server->tcp_port());
    CHECK(done.ask("GET", "/").status == 200);
    CHECK(done.at_end());
    CHECK(server.reaches_connections(0));
}

TEST_CASE("a request that drips in is over when its time is, though bytes keep coming") {
    Limits limits;
    limits.request = 100ms;
    BigFile file;
    LiveServer server(file.handler(), limits);
    Client client(server->tcp_port());
    REQUIRE(client.send("GET / HTTP/1.1\r\nX: "));
    int bytes = 0;
    while (!client.readable(2ms) && client.send("a"))
        ++bytes;
    CHECK(client.read_reply().value().status == 408);
    CHECK(bytes > 1);
}

TEST_CASE("a client that stops reading is closed after the stall limit, and the delivery says why") {
    Limits limits;
    limits.stall = 100ms;
    BigFile file;
    LiveServer server(file.handler(), limits);
    Client client(server->tcp_port(), 4096);
    REQUIRE(client.send(get_big));
    const auto delivery = file.delivery();
    CHECK_FALSE(delivery.complete);
    CHECK(delivery.reason == "the client moved nothing in time");
    CHECK(delivery.sent < big().size());
    CHECK(delivery.size == big().size());
    CHECK(server.reaches_connections(0));
}

TEST_CASE("a client that vanishes mid-body ends its own delivery and nobody else's") {
    BigFile file;
    LiveServer server(file.handler());
    Client other(server->tcp_port());
    Client client(server->tcp_port());
    REQUIRE(client.send(get_big));
    CHECK(client.read_some(1'000'000).size() >= 1'000'000);
    client.reset();
    const auto delivery = file.delivery();
    CHECK_FALSE(delivery.complete);
    CHECK(delivery.reason == "the client left");
    CHECK(delivery.sent < big().size());
    CHECK(other.ask("GET", "/").body == "ok");
    CHECK(server.reaches_connections(1));
}

TEST_CASE("one that does not read holds up none of fifty others") {
    BigFile file;
    LiveServer server(file.handler());
    std::list<Client> stuck;
    for (int i = 0; i < 4; ++i) {  // twice as many as the server has threads
        stuck.emplace_back(server->tcp_port(), 4096);
        REQUIRE(stuck.back().send("GET /big HTTP/1.1\r\nHost: s\r\n\r\n"));
        CHECK(stuck.back().read_some(1).size() >= 1);
    }
    std::list<Client> others;
    for (int i = 0; i < 50; ++i)
        others.emplace_back(server->tcp_port());
    for (auto& client : others)
        REQUIRE(client.send("GET / HTTP/1.1\r\nHost: s\r\n\r\n"));
    for (auto& client : others)
        CHECK(client.read_reply().value().body == "ok");
    CHECK(server->connections() == 54);
}

TEST_CASE("22: a large download beyond the limit is told when to come back, a small one and GRUB's are served") {
    Limits limits;
    limits.downloads = 1;
    limits.large = big().size() - 1;
    BigFile file;
    LiveServer server(file.handler(), limits);
    Client first(server->tcp_port(), 4096);
    REQUIRE(first.send(get_big));
    CHECK(first.read_some(1).size() >= 1);

    Client ipxe(server->tcp_port());
    const auto refused = ipxe.ask("GET", "/big", "Connection: keep-alive\r\nUser-Agent: iPXE/1.21.1\r\n");
    CHECK(refused.status == 503);
    CHECK(refused.fields.at("Retry-After") == "4");
    CHECK(refused.body.find("ask again in 4 s") != std::string::npos);
    const auto delivery = file.delivery();
    CHECK(delivery.reason == "refused with 503: 1 large downloads are under way");
    CHECK(delivery.sent == 0);
    CHECK_FALSE(delivery.complete);
    CHECK(server->refused_downloads() == 1);

    CHECK(ipxe.ask("GET", "/").body == "ok");
    CHECK(ipxe.ask("GET", "/big", "Range: bytes=0-99\r\n").status == 206);
    CHECK(ipxe.ask("HEAD", "/big").status == 200);
    CHECK(Client(server->tcp_port()).ask("GET", "/big", "User-Agent: GRUB 2.06\r\n").status == 200);
    first.reset();
    REQUIRE(server.reaches_connections(1));
    CHECK(ipxe.ask("GET", "/big").body == big());
}

TEST_CASE("finish lets a running download end, and takes nothing new") {
    BigFile file;
    LiveServer server(file.handler());
    Client idle(server->tcp_port());
    CHECK(idle.ask("GET", "/").status == 200);
    Client client(server->tcp_port());
    REQUIRE(client.send(get_big));
    const auto start = client.read_some(1000);
    server->finish();
    CHECK(idle.at_end());
    const auto whole = start + client.read_to_end();
    CHECK(whole.ends_with(big().substr(big().size() - 1000)));
    CHECK(whole.size() > big().size());
    CHECK(file.delivery().complete);
    CHECK(server.reaches_connections(0));
    CHECK_THROWS(Client(server->tcp_port()));
}

TEST_CASE("cut ends a running download, and the delivery says so") {
    BigFile file;
    LiveServer server(file.handler());
    Client client(server->tcp_port(), 4096);
    REQUIRE(client.send(get_big));
    CHECK(client.read_some(1).size() >= 1);
    server->cut();
    const auto delivery = file.delivery();
    CHECK_FALSE(delivery.complete);
    CHECK(delivery.reason == "the server stopped");
    CHECK(server.reaches_connections(0));
}

TEST_CASE("a file that shrinks while it is sent ends the connection short, not with foreign bytes") {
    char name[] = "/tmp/musterd-shrink-XXXXXX";
    const int fd = ::mkstemp(name);
    ::unlink(name);
    REQUIRE(::ftruncate(fd, 32 << 20) == 0);
    const int other = ::dup(fd);
    std::promise<Delivery> ended;
    LiveServer server(
        [&, slice = *musterd::base::whole_file(musterd::base::Fd(fd))](const Request&, const Respond& respond) {
            Response response;
            response.body = slice;
            response.on_end = [&](const Delivery& delivery) { ended.set_value(delivery); };
            respond(response);
        });
    Client client(server->tcp_port(), 4096);
    REQUIRE(client.send(get_big));
    CHECK(client.read_some(1).size() >= 1);
    REQUIRE(::ftruncate(other, 1000) == 0);
    ::close(other);
    const auto rest = client.read_to_end();
    CHECK(rest.size() < (32U << 20U));
    auto future = ended.get_future();
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    CHECK(future.get().reason == "the file is shorter than it was");
}

TEST_CASE("without descriptors the server waits, and takes the connection when there are some" *
          doctest::skip(sanitized)) {
    Limits limits;
    limits.accept_pause = 20ms;
    BigFile file;
    LiveServer server(file.handler(), limits);
    CHECK(Client(server->tcp_port()).ask("GET", "/").status == 200);
    REQUIRE(server.reaches_connections(0));

    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit few{256, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    std::vector<musterd::base::Fd> taken;
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0))
        taken.emplace_back(fd);
    taken.pop_back();  // for the client's own end
    Client client(server->tcp_port());
    REQUIRE(client.send("GET / HTTP/1.1\r\nHost: s\r\n\r\n"));
    CHECK(server->connections() == 0);
    taken.clear();
    const auto reply = client.read_reply();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE(reply);
    CHECK(reply->body == "ok");
}
