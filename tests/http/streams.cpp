// Bodies that are made while they are sent.
#include "live_server.hpp"

#include <doctest/doctest.h>

#include <future>
#include <mutex>

using namespace musterd::http;

namespace {

using Chunk = std::function<void(std::optional<std::string>)>;

/// Gives its chunks in order, then the end, each from a thread of its own.
class Listed : public Stream {
public:
    explicit Listed(std::vector<std::string> chunks) : chunks_(std::move(chunks)) {}
    void next(Chunk chunk) override {
        std::optional<std::string> text;
        if (at_ < chunks_.size()) text = chunks_[at_++];
        threads_.emplace_back([chunk = std::move(chunk), text = std::move(text)] { chunk(text); });
    }
    ~Listed() override {
        for (auto& thread : threads_)
            thread.join();
    }
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;
    void closed() override { FAIL("the client did not leave"); }

private:
    std::vector<std::string> chunks_;
    std::vector<std::thread> threads_;
    std::size_t at_ = 0;
};

/// Says one word, then nothing more.
class Silent : public Stream {
public:
    void next(Chunk chunk) override {
        const std::lock_guard lock(mutex_);
        if (!std::exchange(spoke_, true)) return chunk("hello");
        waiting_ = std::move(chunk);
    }
    void closed() override { left.set_value(); }
    void speak(std::optional<std::string> text) {
        const std::lock_guard lock(mutex_);
        if (waiting_) waiting_(std::move(text));
    }
    std::promise<void> left;

private:
    std::mutex mutex_;
    bool spoke_ = false;
    Chunk waiting_;
};

Response streamed(std::shared_ptr<Stream> stream) {
    Response response;
    response.content_type = "text/event-stream";
    response.body = std::move(stream);
    return response;
}

}  // namespace

TEST_CASE("a stream is sent chunk by chunk, and the connection takes another request") {
    std::promise<Delivery> ended;
    LiveServer server([&](const Request& request, const Respond& respond) {
        if (request.path == "/plain") return respond(text(200, "plain"));
        auto response = streamed(std::make_shared<Listed>(std::vector<std::string>{"one ", "", std::string(20, 'x')}));
        response.on_end = [&](const Delivery& delivery) { ended.set_value(delivery); };
        respond(response);
    });
    Client client(server->tcp_port());
    const auto head = client.ask("GET", "/events");
    CHECK(head.fields.at("Transfer-Encoding") == "chunked");
    REQUIRE(client.send("GET /plain HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n"));
    const auto rest = client.read_to_end();
    CHECK(rest.starts_with("4\r\none \r\n14\r\nxxxxxxxxxxxxxxxxxxxx\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"));
    CHECK(rest.ends_with("\r\n\r\nplain"));
    const auto delivery = ended.get_future().get();
    CHECK(delivery.complete);
    CHECK(delivery.sent == 24);
}

TEST_CASE("a client of HTTP/1.0 gets a stream as it is, up to the end of the connection") {
    LiveServer server([&](const Request&, const Respond& respond) {
        respond(streamed(std::make_shared<Listed>(std::vector<std::string>{"a", "b", "c"})));
    });
    Client client(server->tcp_port());
    REQUIRE(client.send("GET /events HTTP/1.0\r\n\r\n"));
    CHECK(client.read_to_end().ends_with("\r\n\r\nabc"));
}

TEST_CASE("a stream that is silent learns at once that its client left") {
    const auto stream = std::make_shared<Silent>();
    std::promise<Delivery> ended;
    LiveServer server([&](const Request&, const Respond& respond) {
        auto response = streamed(stream);
        response.on_end = [&](const Delivery& delivery) { ended.set_value(delivery); };
        respond(response);
    });
    auto left = stream->left.get_future();
    Client client(server->tcp_port());
    CHECK(client.ask("GET", "/events").status == 200);
    CHECK(client.read_some(10) == "5\r\nhello\r\n");
    client.close();
    CHECK(left.wait_for(patience) == std::future_status::ready);
    CHECK(ended.get_future().get().reason == "the client left");
    stream->speak("too late");
    CHECK(server.reaches_connections(0));
}

TEST_CASE("HEAD of a stream has its head, and closes it") {
    const auto stream = std::make_shared<Silent>();
    LiveServer server([&](const Request&, const Respond& respond) { respond(streamed(stream)); });
    auto left = stream->left.get_future();
    Client client(server->tcp_port());
    CHECK(client.ask("HEAD", "/events").fields.at("Content-Type") == "text/event-stream");
    CHECK(left.wait_for(patience) == std::future_status::ready);
}

TEST_CASE("cut closes a stream that is silent") {
    const auto stream = std::make_shared<Silent>();
    LiveServer server([&](const Request&, const Respond& respond) { respond(streamed(stream)); });
    auto left = stream->left.get_future();
    Client client(server->tcp_port());
    CHECK(client.ask("GET", "/events").status == 200);
    CHECK(client.read_some(10) == "5\r\nhello\r\n");
    server->cut();
    CHECK(left.wait_for(patience) == std::future_status::ready);
    CHECK(client.at_end());
}

TEST_CASE("an answer that comes after its connection is gone closes its stream") {
    std::promise<Respond> asked;
    LiveServer server([&](const Request&, const Respond& respond) { asked.set_value(respond); });
    Client client(server->tcp_port());
    REQUIRE(client.send("GET /events HTTP/1.1\r\nHost: s\r\n\r\n"));
    const auto respond = asked.get_future().get();
    server->cut();
    REQUIRE(server.reaches_connections(0));
    const auto stream = std::make_shared<Silent>();
    auto left = stream->left.get_future();
    respond(streamed(stream));
    CHECK(left.wait_for(patience) == std::future_status::ready);
}
