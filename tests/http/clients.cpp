// Requests as boot clients write them, byte by byte, and what each of them needs of the answer.
#include "live_server.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace musterd::http;

namespace {

const std::string& file() {
    static const std::string bytes = pattern(300'000);
    return bytes;
}

Handler boot_files() {
    return [answer = file_response(file())](const Request&, const Respond& respond) { respond(answer); };
}

struct Asked {
    const char* who;
    std::string request;
    unsigned status = 200;
    std::size_t offset = 0;
    bool stays = true;  ///< the client asks again on this connection, or ends it itself
};

const std::vector<Asked>& recorded() {
    static const std::vector<Asked> list = {
        {"EDK2 HttpBootDxe, the file",
         "GET /boot/loader/ipxe.efi HTTP/1.1\r\nHost: 10.0.0.1:8080\r\nAccept: */*\r\n"
         "User-Agent: UefiHttpBoot/1.0\r\n\r\n"},
        {"EDK2 HttpBootDxe, the rest of it after a time-out",
         "GET /boot/loader/ipxe.efi HTTP/1.1\r\nHost: 10.0.0.1:8080\r\nAccept: */*\r\n"
         "User-Agent: UefiHttpBoot/1.0\r\nRange: bytes=1460-299999\r\nIf-Match: \"e1\"\r\n\r\n",
         206, 1460},
        {"iPXE 1.21",
         "GET /boot/kernel HTTP/1.1\r\nConnection: keep-alive\r\nUser-Agent: iPXE/1.21.1+git-20220113.fbbdc3926\r\n"
         "Host: 10.0.0.1:8080\r\n\r\n"},
        {"iPXE, a SAN disk",
         "GET /boot/disk.img HTTP/1.1\r\nConnection: keep-alive\r\nRange: bytes=4096-299999\r\n"
         "User-Agent: iPXE/2.0.0\r\nHost: 10.0.0.1:8080\r\n\r\n",
         206, 4096},
        {"GRUB 2.06, open", "GET /boot/kernel HTTP/1.1\r\nHost: 10.0.0.1\r\nUser-Agent: GRUB 2.06-13+deb12u1\r\n\r\n"},
        {"GRUB 2.06, seek",
         "GET /boot/kernel HTTP/1.1\r\nHost: 10.0.0.1\r\nUser-Agent: GRUB 2.06-13+deb12u1\r\n"
         "Range: bytes=32768-\r\n\r\n",
         206, 32768},
        {"U-Boot, its own wget", "GET /boot/Image HTTP/1.0\r\n\r\n", 200, 0, false},
        {"U-Boot, lwIP",
         "GET /boot/Image HTTP/1.1\r\nUser-Agent: lwIP/2.2.0 (http://savannah.nongnu.org/projects/lwip)\r\n"
         "Accept: */*\r\nHost: 10.0.0.1\r\nConnection: Close\r\n\r\n",
         200, 0, false},
        {"busybox wget of an initramfs",
         "GET /boot/root HTTP/1.1\r\nHost: 10.0.0.1:8080\r\nUser-Agent: Wget\r\nConnection: close\r\n\r\n", 200, 0,
         false},
        {"busybox wget -c",
         "GET /boot/root HTTP/1.1\r\nHost: 10.0.0.1:8080\r\nUser-Agent: Wget\r\nRange: bytes=100000-\r\n"
         "Connection: close\r\n\r\n",
         206, 100'000, false},
        {"a client of HTTP/1.0 that would stay",
         "GET /boot/Image HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: 10.0.0.1\r\n\r\n", 200, 0, false},
    };
    return list;
}

/// GRUB and U-Boot look for these names and this spelling, and want no chunks; EDK2 wants no parameters of a type.
void check_head(const Reply& reply, const Asked& asked) {
    const auto length = file().size() - asked.offset;
    CHECK(reply.head.starts_with("HTTP/1.1 " + std::to_string(asked.status) + " "));
    CHECK(reply.head.find("\r\nContent-Length: " + std::to_string(length) + "\r\n") != std::string::npos);
    CHECK(reply.head.find("Transfer-Encoding") == std::string::npos);
    CHECK(reply.head.find("Location") == std::string::npos);
    CHECK(reply.head.find("Content-Encoding") == std::string::npos);
    CHECK(reply.fields.at("Content-Type").find(';') == std::string::npos);
    CHECK(reply.fields.contains("Connection") == !asked.stays);
    CHECK(reply.head.size() < 1024);  // U-Boot's own wget wants it in its first packets
    if (asked.status == 206) {
        const auto range = "bytes " + std::to_string(asked.offset) + "-299999/300000";
        CHECK(reply.fields.at("Content-Range") == range);
    }
}

void check_answer(Client& client, const Asked& asked) {
    const auto reply = client.read_reply();
    REQUIRE(reply);
    check_head(*reply, asked);
    CHECK(reply->body == file().substr(asked.offset));
    if (!asked.stays) CHECK(client.at_end());
}

}  // namespace

TEST_CASE("what boot clients ask is answered as each of them reads it") {
    LiveServer server(boot_files());
    for (const auto& asked : recorded()) {
        CAPTURE(asked.who);
        Client client(server->tcp_port());
        REQUIRE(client.send(asked.request));
        check_answer(client, asked);
        if (!asked.stays) continue;
        REQUIRE(client.send(asked.request));
        check_answer(client, asked);
    }
}

TEST_CASE("their requests are understood however the network cuts them") {
    LiveServer server(boot_files());
    for (const auto& asked : recorded()) {
        CAPTURE(asked.who);
        Client client(server->tcp_port());
        for (const char c : asked.request)
            REQUIRE(client.send(std::string(1, c)));
        check_answer(client, asked);
    }
}

TEST_CASE("HEAD, which EDK2 sends first, has the head of GET") {
    LiveServer server(boot_files());
    for (const auto& asked : recorded()) {
        if (asked.status != 200) continue;
        CAPTURE(asked.who);
        Client client(server->tcp_port());
        REQUIRE(client.send("HEAD" + asked.request.substr(3)));
        const auto reply = client.read_reply(true);
        REQUIRE(reply);
        check_head(*reply, asked);
        if (!asked.stays) CHECK(client.at_end());
    }
}
