// The commands' HTTP client against the real HTTP room on a Unix socket.
#include "server/app/client.hpp"

#include "http/server.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <thread>

using namespace musterd;
using namespace std::chrono_literals;

namespace {

/// Three events, then silence (or the end).
class Events final : public http::Stream {
public:
    explicit Events(bool ends) : ends_(ends) {}
    void next(std::function<void(std::optional<std::string>)> chunk) override {
        if (sent_ == 3) {
            if (ends_) return chunk(std::nullopt);
            waiting_ = std::move(chunk);
            return;
        }
        ++sent_;
        chunk("id: " + std::to_string(sent_) + "\nevent: up\ndata: {\"id\":" + std::to_string(sent_) +
              "}\n\n: comment\n\n");
    }
    void closed() override { waiting_ = nullptr; }

private:
    bool ends_;
    int sent_ = 0;
    std::function<void(std::optional<std::string>)> waiting_;
};

class SocketServer {
public:
    SocketServer() : work_(boost::asio::make_work_guard(pool_)), server_(pool_.get_executor(), answer) {
        config.data_dir = folder_.path();
        REQUIRE(server_.listen_unix(app::SocketPath(config).address(), 0600));
        server_.start();
        thread_ = std::thread([this] { pool_.run(); });
    }
    ~SocketServer() {
        server_.cut();
        work_.reset();
        thread_.join();
    }
    SocketServer(const SocketServer&) = delete;
    SocketServer& operator=(const SocketServer&) = delete;

    profiles::Config config;

private:
    static void answer(const http::Request& request, const http::Respond& respond) {
        if (request.path == "/missing")
            return respond(http::text(404, R"({"detail":"there is no host \"x\""})", "application/problem+json"));
        if (request.path == "/echo") {
            auto response = http::text(
                200, request.method + " " + std::string(request.header("content-type")) + " " + request.body);
            response.headers.emplace_back("Link", "</echo?page=2>; rel=\"next\"");
            return respond(response);
        }
        if (request.path != "/events" && request.path != "/ending")
            return respond(http::text(200, std::string(300'000, 'x')));
        http::Response response;
        response.content_type = "text/event-stream";
        response.body = std::make_shared<Events>(request.path == "/ending");
        respond(std::move(response));
    }

    support::TemporaryFolder folder_;
    boost::asio::io_context pool_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    http::Server server_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("a command gets whole answers, and the server's own words for errors") {
    const SocketServer server;
    const app::Client client{app::SocketPath(server.config)};
    const auto whole = client.get("/");
    REQUIRE(whole);
    CHECK(whole->status == 200);
    CHECK(whole->body.size() == 300'000);
    const auto missing = client.get("/missing");
    REQUIRE(missing);
    CHECK(app::error_of(*missing) == "there is no host \"x\"");
}

TEST_CASE("a command sends a body, and learns where the next page is") {
    const SocketServer server;
    const app::Client client{app::SocketPath(server.config)};
    const auto answer = client.ask("POST", "/echo", R"({"name":"a"})");
    REQUIRE(answer);
    CHECK(answer->body == R"(POST application/json {"name":"a"})");
    CHECK(answer->next == "/echo?page=2");
    CHECK(client.get("/")->next.empty());
    CHECK(client.ask("DELETE", "/echo")->body == "DELETE  ");
}

TEST_CASE("events are followed until there were enough, the time is up, or the server ends") {
    const SocketServer server;
    const app::Client client{app::SocketPath(server.config)};
    std::string seen;
    CHECK(client.follow("/events", std::nullopt, [&](std::string_view data) {
        seen += data;
        return seen.size() < 16;
    }));
    CHECK(seen == R"({"id":1}{"id":2})");
    const auto late =
        client.follow("/events", std::chrono::steady_clock::now() + 50ms, [](std::string_view) { return true; });
    REQUIRE_FALSE(late);
    CHECK(late.error().code() == std::errc::timed_out);
    int count = 0;
    const auto ended = client.follow("/ending", std::nullopt, [&](std::string_view) { return ++count > 0; });
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code() == std::errc::connection_reset);
    CHECK(count == 3);
}

TEST_CASE("without a server the error says where it looked and how to start one") {
    const support::TemporaryFolder folder;
    profiles::Config config;
    config.data_dir = folder.path();
    const auto answer = app::Client{app::SocketPath(config)}.get("/");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message().find((folder.path() / "musterd.sock").string()) != std::string::npos);
    CHECK(answer.error().message().find("musterd serve") != std::string::npos);
}
