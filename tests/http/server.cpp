// What boot clients do, by the numbers of the conformance suite, and what the server promises to its own handlers.
#include "live_server.hpp"

#include "http/listener.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

using namespace musterd::http;

namespace {

const std::string& kernel() {
    static const std::string bytes = pattern(3'000'000);
    return bytes;
}

Router boot_files() {
    Router router;
    router.add("GET", "/boot/{file...}",
               [file = file_response(kernel())](auto, auto, const Respond& respond) { respond(file); });
    router.add("GET", "/script", [](auto, auto, const Respond& respond) { respond(text(200, "#!ipxe\n")); });
    router.add("POST", "/echo",
               [](const Request& request, auto, const Respond& respond) { respond(text(200, request.body)); });
    router.add("GET", "/who", [](const Request& request, auto, const Respond& respond) {
        const auto& who = request.credentials;
        respond(text(200, request.peer + " " + request.local + ":" + std::to_string(request.local_port) + " " +
                              (who ? std::to_string(who->uid) + " " + std::to_string(who->pid) : "-")));
    });
    return router;
}

/// A folder that is removed with what is in it.
struct Folder {
    std::filesystem::path path;
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "musterd-http-XXXXXX";
        path = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

}  // namespace

TEST_CASE("19: EDK2 asks HEAD and GET on one connection and is told exact length and type") {
    LiveServer server(boot_files());
    Client client(server->tcp_port());
    const std::string fields = "Accept: */*\r\nUser-Agent: UefiHttpBoot/1.0\r\n";
    for (const auto& [path, type] : {std::pair("/boot/loader/ipxe.efi", "application/efi"),
                                     std::pair("/boot/live.iso", "application/vnd.efi-iso")}) {
        const auto head = client.ask("HEAD", path, fields);
        CHECK(head.status == 200);
        CHECK(head.fields.at("Content-Length") == "3000000");
        CHECK(head.fields.at("Content-Type") == type);
        const auto got = client.ask("GET", path, fields);
        CHECK(got.status == 200);
        CHECK(got.fields.at("Content-Length") == "3000000");
        CHECK(got.fields.at("Content-Type") == type);
        CHECK(got.body == kernel());
    }
    CHECK(server->connections() == 1);
}

TEST_CASE("20: EDK2 resumes with Range and If-Match, and hears 412 when the file changed") {
    LiveServer server(boot_files());
    Client client(server->tcp_port());
    const auto etag = client.ask("HEAD", "/boot/x.efi").fields.at("ETag");
    const auto rest = client.ask("GET", "/boot/x.efi", "Range: bytes=1000000-2999999\r\nIf-Match: " + etag + "\r\n");
    CHECK(rest.status == 206);
    CHECK(rest.fields.at("Content-Range") == "bytes 1000000-2999999/3000000");
    CHECK(rest.body == kernel().substr(1'000'000));
    const auto changed = client.ask("GET", "/boot/x.efi", "Range: bytes=1-2\r\nIf-Match: \"other\"\r\n");
    CHECK(changed.status == 412);
    CHECK(client.ask("GET", "/boot/x.efi", "If-None-Match: " + etag + "\r\n").status == 304);
    CHECK(client.ask("GET", "/boot/x.efi", "Range: bytes=3000000-\r\n").status == 416);
}

TEST_CASE("21: GRUB seeks with an open range, by a Host without port, and leaves with a reset") {
    LiveServer server(boot_files());
    for (int i = 0; i < 5; ++i) {
        Client grub(server->tcp_port());
        REQUIRE(
            grub.send("GET /boot/kernel HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: GRUB 2.06\r\n"
                      "Range: bytes=500000-\r\n\r\n"));
        const auto reply = grub.read_reply();
        REQUIRE(reply);
        CHECK(reply->head.starts_with("HTTP/1.1 206 "));
        CHECK(reply->head.find("\r\nContent-Length: 2500000\r\n") != std::string::npos);
        CHECK(reply->body == kernel().substr(500'000));
        grub.reset();
    }
    CHECK(server.reaches_connections(0));
    CHECK(Client(server->tcp_port()).ask("GET", "/script").status == 200);
}

TEST_CASE("22: iPXE fetches six files over one pooled connection") {
    LiveServer server(boot_files());
    Client client(server->tcp_port());
    for (const auto* const path :
         {"/script", "/boot/kernel", "/boot/initrd", "/boot/missing/../x", "/script", "/none"}) {
        CAPTURE(path);
        const auto reply = client.ask("GET", path, "Connection: keep-alive\r\nUser-Agent: iPXE/2.0\r\n");
        const bool good = std::string(path).find("..") == std::string::npos;
        CHECK(reply.status == (!good ? 400 : std::string(path) == "/none" ? 404 : 200));
        if (!good) client = Client(server->tcp_port());
    }
    CHECK(server.reaches_connections(1));
}

TEST_CASE("22: who comes when the server is full is told when to come back") {
    Limits limits;
    limits.connections = 2;
    LiveServer server(boot_files(), limits);
    Client one(server->tcp_port());
    Client two(server->tcp_port());
    CHECK(one.ask("GET", "/script").status == 200);
    CHECK(two.ask("GET", "/script").status == 200);
    Client three(server->tcp_port());
    const auto refused = three.ask("GET", "/boot/kernel");
    CHECK(refused.status == 503);
    CHECK(refused.fields.at("Retry-After") == "3");
    CHECK(three.at_end());
    one.close();
    REQUIRE(server.reaches_connections(1));
    CHECK(Client(server->tcp_port()).ask("GET", "/boot/kernel").status == 200);
}

TEST_CASE("23: a client of HTTP/1.0 gets a length, no chunks, and the end of the connection") {
    LiveServer server(boot_files());
    Client client(server->tcp_port());
    REQUIRE(client.send("GET /boot/Image HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    const auto reply = client.read_reply();
    REQUIRE(reply);
    CHECK(reply->fields.at("Content-Length") == "3000000");
    CHECK(reply->fields.at("Connection") == "close");
    CHECK(reply->body == kernel());
    CHECK(client.at_end());
}

TEST_CASE("requests that arrive in one packet are answered in turn") {
    LiveServer server(boot_files());
    Client client(server->tcp_port());
    REQUIRE(
        client.send("GET /boot/a HTTP/1.1\r\nHost: s\r\n\r\nPOST /echo HTTP/1.1\r\nHost: s\r\nContent-Length: 3\r\n\r\n"
                    "abcHEAD /boot/a HTTP/1.1\r\nHost: s\r\n\r\nGET /script HTTP/1.1\r\nHost: s\r\n\r\n"));
    CHECK(client.read_reply().value().body == kernel());
    CHECK(client.read_reply().value().body == "abc");
    CHECK(client.read_reply(true).value().fields.at("Content-Length") == "3000000");
    CHECK(client.read_reply().value().body == "#!ipxe\n");
}

TEST_CASE("a proxy's absolute target is served") {
    LiveServer server(boot_files());
    CHECK(Client(server->tcp_port()).ask("GET", "http://boot.example:8080/script").body == "#!ipxe\n");
}

TEST_CASE("curl gets, resumes, sends and asks as it likes") {
    LiveServer server(boot_files());
    const Folder folder;
    const auto file = (folder.path / "f").string();
    const auto saved = [&] {
        std::ifstream stream(file, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    const std::string curl = "curl -sS --max-time 20 ";
    CHECK(run(curl + "-o " + file + " " + server.url("/boot/kernel")) == "exit 0\n");
    CHECK(saved() == kernel());
    std::ofstream(file, std::ios::binary) << kernel().substr(0, 1'234'567);
    CHECK(run(curl + "-C - -o " + file + " " + server.url("/boot/kernel")) == "exit 0\n");
    CHECK(saved() == kernel());
    CHECK(run(curl + "-0 -o " + file + " " + server.url("/boot/kernel")) == "exit 0\n");
    CHECK(saved() == kernel());
    CHECK(run(curl + "-I " + server.url("/boot/x.efi")).find("Content-Type: application/efi\r\n") != std::string::npos);
    CHECK(run(curl + "-r -7 " + server.url("/script")) == "#!ipxe\nexit 0\n");
    CHECK(run(curl + "-H 'Expect: 100-continue' -d hello " + server.url("/echo")) == "helloexit 0\n");
    CHECK(run(curl + "-H 'Transfer-Encoding: chunked' -d hello " + server.url("/echo")) ==
          "send the body with a Content-Length\nexit 0\n");
    CHECK(run(curl + "--path-as-is -o /dev/null -w '%{http_code} ' " + server.url("/boot/../../etc/passwd")) ==
          "400 exit 0\n");
}

TEST_CASE("a handler sees both addresses, IPv4 as IPv4 though the socket is for both") {
    LiveServer server(boot_files());
    Client client(server->tcp_port());
    const auto expected = "127.0.0.1 127.0.0.1:" + std::to_string(server->tcp_port()) + " -";
    CHECK(client.ask("GET", "/who").body == expected);
}

TEST_CASE("over a Unix socket a handler sees who asks") {
    LiveServer server(boot_files());
    const Folder folder;
    const auto path = (folder.path / "control.sock").string();
    Server local(server.executor(), boot_files());
    REQUIRE(local.listen_unix(path, 0600));
    local.start();
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    const auto expected = " :0 " + std::to_string(::getuid()) + " " + std::to_string(::getpid());
    Client client(path);
    CHECK(client.ask("GET", "/who").body == expected);
    CHECK(client.ask("GET", "/boot/kernel").body == kernel());
    const auto output = run("curl -sS --max-time 20 --unix-socket " + path + " http://s/who");
    CHECK(output.starts_with(" :0 " + std::to_string(::getuid()) + " "));
}

TEST_CASE("a stale socket file is replaced; one that is served, or is no socket, is left") {
    LiveServer pool(boot_files());
    const Folder folder;
    const auto path = (folder.path / "control.sock").string();
    Server first(pool.executor(), boot_files());
    REQUIRE(first.listen_unix(path, 0600));
    Server second(pool.executor(), boot_files());
    const auto refused = second.listen_unix(path, 0600);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message().find("another process serves it") != std::string::npos);

    const auto stale = (folder.path / "stale.sock").string();
    { const auto closed = open_unix_listener(stale, 0600); }
    REQUIRE(std::filesystem::exists(stale));
    CHECK(second.listen_unix(stale, 0660));

    const auto plain = (folder.path / "plain").string();
    std::ofstream(plain) << "keep me";
    CHECK_FALSE(second.listen_unix(plain, 0600));
    CHECK(std::filesystem::file_size(plain) == 7);
    CHECK_FALSE(second.listen_unix(std::string(200, 'x'), 0600));
}

TEST_CASE("a port that is taken is named with the way to find who has it") {
    LiveServer server(boot_files());
    Server other(server.executor(), boot_files());
    const auto taken = other.listen_tcp("127.0.0.1", server->tcp_port());
    REQUIRE_FALSE(taken);
    CHECK(taken.error().message().find(std::to_string(server->tcp_port()) + ": ") != std::string::npos);
    CHECK(taken.error().message().find("ss -ltnp") != std::string::npos);
    const auto nonsense = other.listen_tcp("localhost", 0);
    REQUIRE_FALSE(nonsense);
    CHECK(nonsense.error().message().find("not an IP address") != std::string::npos);
    REQUIRE(other.listen_tcp("127.0.0.1", 0));
    CHECK(other.tcp_port() != 0);
}

TEST_CASE("a handler that throws, forgets to answer or answers twice harms nobody else") {
    Router router = boot_files();
    router.add("GET", "/throws", [](auto, auto, auto) { throw std::runtime_error("on purpose"); });
    router.add("GET", "/forgets", [](auto, auto, auto) {});
    router.add("GET", "/twice", [](auto, auto, const Respond& respond) {
        respond(text(200, "first"));
        respond(text(200, "second"));
    });
    LiveServer server(router);
    Client client(server->tcp_port());
    CHECK(client.ask("GET", "/throws").status == 500);
    CHECK(client.ask("GET", "/forgets").status == 500);
    CHECK(client.ask("GET", "/twice").body == "first");
    CHECK(client.ask("GET", "/script").status == 200);
}

TEST_CASE("an answer may come later and from another thread") {
    std::promise<Respond> asked;
    LiveServer server([&](const Request&, const Respond& respond) { asked.set_value(respond); });
    std::thread answering([&] { asked.get_future().get()(text(200, "late")); });
    Client client(server->tcp_port());
    CHECK(client.ask("GET", "/").body == "late");
    answering.join();
}

TEST_CASE("who asked is told how much was delivered, but not for HEAD or 304") {
    std::promise<Delivery> ended;
    int calls = 0;
    LiveServer server([&](const Request&, const Respond& respond) {
        auto response = file_response(kernel());
        response.on_end = [&](const Delivery& delivery) {
            ++calls;
            ended.set_value(delivery);
        };
        respond(response);
    });
    Client client(server->tcp_port());
    CHECK(client.ask("HEAD", "/x").status == 200);
    CHECK(client.ask("GET", "/x", "If-None-Match: *\r\n").status == 304);
    CHECK(client.ask("GET", "/x", "Range: bytes=100-299\r\n").status == 206);
    auto future = ended.get_future();
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    const auto delivery = future.get();
    CHECK(delivery.complete);
    CHECK(delivery.sent == 200);
    CHECK(delivery.size == 200);
    CHECK(delivery.offset == 100);
    CHECK(delivery.total == 3'000'000);
    CHECK(delivery.reason.empty());
    CHECK(calls == 1);
}

TEST_CASE("a body that lies in the kernel's buffers is not delivered: only what the client acknowledges is") {
    std::promise<Delivery> ended;
    const std::string small = pattern(12'000);
    LiveServer server([&](const Request&, const Respond& respond) {
        auto response = file_response(small);
        response.on_end = [&](const Delivery& delivery) { ended.set_value(delivery); };
        respond(response);
    });
    Client client(server->tcp_port(), 2048);
    REQUIRE(client.send("GET /kernel HTTP/1.1\r\nHost: s\r\n\r\n"));
    CHECK(client.readable(patience));
    client.reset();
    auto future = ended.get_future();
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    const auto delivery = future.get();
    CHECK_FALSE(delivery.complete);
    CHECK(delivery.reason == "the client left");
    CHECK(delivery.sent < small.size());
}
