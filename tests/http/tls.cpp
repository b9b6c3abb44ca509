// The TLS listener, asked by curl and by clients that mean ill.
#include "live_server.hpp"

#include "http/tls_identity.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>

using namespace musterd::http;
using namespace std::chrono_literals;

namespace {

const std::string& kernel() {
    static const std::string bytes = pattern(3'000'000);
    return bytes;
}

/// A folder of certificates made by openssl: root.crt, and a pair NAME.crt and NAME.key with the chain.
class Authority {
public:
    Authority() {
        std::string name = std::filesystem::temp_directory_path() / "musterd-tls-XXXXXX";
        folder_ = ::mkdtemp(name.data());
        openssl("req -x509 " + fresh + " -keyout root.key -out root.crt -days 2 -subj /CN=root");
        openssl("req -x509 " + fresh +
                " -keyout middle.key -out middle.crt -days 2 -subj /CN=middle -CA root.crt "
                "-CAkey root.key -addext basicConstraints=critical,CA:TRUE");
    }
    ~Authority() { std::filesystem::remove_all(folder_); }
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    void issue(const std::string& name) const {
        openssl("req -x509 " + fresh + " -keyout " + name + ".key -out " + name + ".crt -days 2 -subj /CN=" + name +
                " -CA middle.crt -CAkey middle.key -addext basicConstraints=CA:FALSE "
                "-addext subjectAltName=DNS:localhost,IP:127.0.0.1");
        run("cat " + path("middle.crt") + " >>" + path(name + ".crt"));
    }
    void openssl(const std::string& arguments) const {
        const auto output = run("cd " + folder_.string() + " && openssl " + arguments);
        INFO(output);
        REQUIRE(output.ends_with("exit 0\n"));
    }
    [[nodiscard]] std::string path(const std::string& file) const { return folder_ / file; }
    void write(const std::string& file, const std::string& text) const { std::ofstream(folder_ / file) << text; }

private:
    inline static const std::string fresh = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    std::filesystem::path folder_;
};

/// Serves by TLS, beside a plain one that lends it its threads.
class SecureServer {
public:
    explicit SecureServer(const Handler& handler, Limits limits = {})
        : plain_(handler, limits), server_(plain_.executor(), handler, limits) {
        authority.issue("server");
        auto identity = TlsIdentity::load(authority.path("server.crt"), authority.path("server.key"));
        REQUIRE(identity);
        REQUIRE(server_.listen_tls("127.0.0.1", 0, *identity));
        server_.start();
    }
    ~SecureServer() { server_.cut(); }
    SecureServer(const SecureServer&) = delete;
    SecureServer& operator=(const SecureServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return server_.tls_port(); }
    [[nodiscard]] std::string curl(const std::string& arguments, const std::string& path) const {
        return run("curl -sS --max-time 20 --cacert " + authority.path("root.crt") + " " + arguments +
                   " https://localhost:" + std::to_string(port()) + path);
    }

    Authority authority;

private:
    LiveServer plain_;
    Server server_;
};

Handler boot_files() {
    return [file = file_response(kernel())](const Request& request, const Respond& respond) {
        if (request.path == "/kernel") return respond(file);
        if (request.path == "/echo") return respond(text(200, request.body));
        respond(text(200, request.tls ? "secret" : "open"));
    };
}

}  // namespace

TEST_CASE("curl gets files, parts and answers over TLS, of both versions, on one connection") {
    const SecureServer server(boot_files());
    const auto file = server.authority.path("saved");
    for (const auto* const version : {"--tlsv1.2 --tls-max 1.2", "--tlsv1.3"}) {
        CAPTURE(version);
        const std::string with = version;
        CHECK(server.curl(with, "/") == "secretexit 0\n");
        CHECK(server.curl(with + " -o " + file, "/kernel") == "exit 0\n");
        std::ifstream stream(file, std::ios::binary);
        CHECK(std::string(std::istreambuf_iterator<char>(stream), {}) == kernel());
        CHECK(server.curl(with + " -r 2999990- -o " + file, "/kernel") == "exit 0\n");
        CHECK(std::filesystem::file_size(file) == 10);
        CHECK(server.curl(with + " -I", "/kernel").find("Content-Length: 3000000\r\n") != std::string::npos);
        CHECK(server.curl(with + " -d hello", "/echo") == "helloexit 0\n");
    }
    const auto again =
        server.curl("-w '%{num_connects} '", "/ https://localhost:" + std::to_string(server.port()) + "/");
    CHECK(again == "secret1 secret0 exit 0\n");
}

TEST_CASE("a client that does not trust us is refused by itself, and harms nobody") {
    const SecureServer server(boot_files());
    const auto url = "https://localhost:" + std::to_string(server.port()) + "/";
    CHECK(run("curl -sS --max-time 20 " + url).ends_with("exit 60\n"));
    CHECK(server.curl("", "/") == "secretexit 0\n");
}

TEST_CASE("plain HTTP at the TLS port is told so") {
    const SecureServer server(boot_files());
    Client client(server.port());
    const auto reply = client.ask("GET", "/");
    CHECK(reply.status == 400);
    CHECK(reply.body == "this port speaks TLS: ask for https://\n");
}

TEST_CASE("a handshake that is not done in time ends the connection, whether nothing comes or drops of it") {
    Limits limits;
    limits.handshake = 100ms;
    const SecureServer server(boot_files(), limits);
    Client silent(server.port());
    Client dripping(server.port());
    // A record of 512 bytes that begins with a ClientHello.
    std::string start("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
    REQUIRE(dripping.send(start));
    int drops = 0;
    while (!dripping.readable(2ms) && dripping.send("a"))
        ++drops;
    CHECK(drops < 500);
    CHECK(silent.read_to_end().empty());
    CHECK(server.curl("", "/") == "secretexit 0\n");
}

TEST_CASE("noise instead of a handshake, or a reset within it, harms nobody") {
    const SecureServer server(boot_files());
    for (int i = 0; i < 20; ++i) {
        Client noisy(server.port());
        noisy.send(pattern(2000 + static_cast<std::size_t>(i)).substr(static_cast<std::size_t>(i)));
        if (i % 2 == 0) noisy.reset();
    }
    CHECK(server.curl("", "/") == "secretexit 0\n");
}

TEST_CASE("over TLS, too, a body is delivered when its last byte is acknowledged") {
    std::promise<Delivery> ended;
    {
        const SecureServer server([&](const Request&, const Respond& respond) {
            auto response = file_response(kernel());
            response.on_end = [&](const Delivery& delivery) { ended.set_value(delivery); };
            respond(response);
        });
        CHECK(server.curl("-o /dev/null", "/kernel") == "exit 0\n");
        auto future = ended.get_future();
        REQUIRE(future.wait_for(patience) == std::future_status::ready);
        const auto delivery = future.get();
        CHECK(delivery.complete);
        CHECK(delivery.sent == kernel().size());
    }
    ended = {};
    const auto big = pattern(48U << 20U);
    const SecureServer server([&](const Request&, const Respond& respond) {
        auto response = file_response(big);
        response.on_end = [&](const Delivery& delivery) { ended.set_value(delivery); };
        respond(response);
    });
    CHECK(server.curl("-o /dev/full", "/big").find("exit 23") != std::string::npos);
    auto future = ended.get_future();
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    const auto delivery = future.get();
    CHECK_FALSE(delivery.complete);
    CHECK(delivery.reason == "the client left");
    CHECK(delivery.sent < big.size());
}

TEST_CASE("a certificate that changes on disk is taken up, and a broken one is not") {
    const SecureServer server(boot_files());
    const auto& files = server.authority;
    const auto subject = [&] {
        return run("openssl s_client -connect localhost:" + std::to_string(server.port()) +
                   " </dev/null 2>/dev/null | openssl x509 -noout -subject");
    };
    CHECK(subject().find("CN = server") != std::string::npos);
    files.issue("other");
    std::filesystem::rename(files.path("other.crt"), files.path("server.crt"));
    CHECK(subject().find("CN = server") != std::string::npos);  // the key is not there yet
    std::filesystem::rename(files.path("other.key"), files.path("server.key"));
    CHECK(subject().find("CN = other") != std::string::npos);
    CHECK(server.curl("", "/") == "secretexit 0\n");
    files.write("server.crt", "nonsense");
    CHECK(server.curl("", "/") == "secretexit 0\n");
}

TEST_CASE("files that cannot serve are named with the cure") {
    const Authority files;
    files.issue("good");
    files.issue("stranger");
    files.write("nonsense", "nonsense");
    files.openssl("ec -in good.key -aes128 -passout pass:x -out locked.key");
    struct Row {
        std::string certificate;
        std::string key;
        std::string words;
    };
    const std::vector<Row> rows = {
        {"none.crt", "good.key", "api.tls_cert: "},
        {"none.crt", "good.key", "none.crt: No such file or directory; is api.tls_cert spelled right?"},
        {"good.crt", "none.key", "none.key: No such file or directory; is api.tls_key spelled right?"},
        {"nonsense", "good.key", "holds no certificate that can be used; it must be PEM"},
        {"good.key", "good.key", "holds no certificate that can be used"},
        {"good.crt", "good.crt", "holds no private key in PEM"},
        {"good.crt", "nonsense", "holds no private key in PEM"},
        {"good.crt", "stranger.key", "is not the one of the certificate in"},
        {"good.crt", "locked.key", "is locked with a passphrase; unlock it: openssl pkey -in"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.certificate);
        CAPTURE(row.key);
        const auto loaded = TlsIdentity::load(files.path(row.certificate), files.path(row.key));
        REQUIRE_FALSE(loaded);
        INFO(loaded.error().message());
        CHECK(loaded.error().message().find(row.words) != std::string::npos);
    }
    CHECK(TlsIdentity::load(files.path("good.crt"), files.path("good.key")));
}
