// Downloads one URL again and again over a number of connections, for some seconds: musterd_bench_sink PORT PATH
// CLIENTS SECONDS. Bodies are thrown away in the kernel (recv with MSG_TRUNC, tcp(7)), so that the server is what is
// measured. Prints bytes of bodies, seconds, the number of whole files, and the bytes of the client that got least and
// of the one that got most.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int receive_buffer = 512 * 1024;

struct Connection {
    int socket = -1;
    std::string head;
    std::uint64_t rest = 0;   ///< of the body; 0: the head is being read
    std::uint64_t taken = 0;  ///< of all bodies
};

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what);
}

void ask(const Connection& connection, const std::string& request) {
    const auto sent = ::send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request.size())) fail("cannot send the request");
}

Connection connect_to(std::uint16_t port) {
    Connection connection;
    connection.socket = ::socket(AF_INET, SOCK_STREAM, 0);
    // Fixed, as in the clients we serve: left to itself the kernel would give each of 512 many megabytes on loopback, and
    // what is then measured is how it shares out the memory of all TCP (tcp_mem), which server and clients draw on.
    ::setsockopt(connection.socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(connection.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
    return connection;
}

/// Reads the head byte-exactly: looks first, takes up to its end.
bool read_head(Connection& connection) {
    std::array<char, 4096> bytes;
    const auto seen = ::recv(connection.socket, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
    if (seen < 0 && errno == EAGAIN) return false;
    if (seen <= 0) fail("the server closed");
    connection.head.assign(bytes.data(), static_cast<std::size_t>(seen));
    const auto end = connection.head.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    if (::recv(connection.socket, bytes.data(), end + 4, 0) != static_cast<ssize_t>(end + 4)) fail("short head");
    const auto field = connection.head.find("Content-Length: ");
    if (connection.head.find(" 200 ") == std::string::npos || field == std::string::npos) fail(connection.head);
    connection.rest = std::stoull(connection.head.substr(field + 16));
    return true;
}

/// Takes what is there. True when the file is whole.
bool read_body(Connection& connection) {
    while (connection.rest > 0) {
        const auto taken = ::recv(connection.socket, nullptr, connection.rest, MSG_TRUNC | MSG_DONTWAIT);
        if (taken < 0 && errno == EAGAIN) return false;
        if (taken <= 0) fail("the server closed inside a body");
        connection.rest -= static_cast<std::uint64_t>(taken);
        connection.taken += static_cast<std::uint64_t>(taken);
    }
    return true;
}

void run(std::uint16_t port, const std::string& path, std::size_t clients, double seconds) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const int poll = ::epoll_create1(0);
    std::vector<Connection> connections;
    for (std::size_t i = 0; i < clients; ++i) {
        connections.push_back(connect_to(port));
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, connections.back().socket, &event);
    }
    std::uint64_t files = 0;
    const auto start = std::chrono::steady_clock::now();
    const auto elapsed = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    for (const auto& connection : connections)
        ask(connection, request);
    std::array<epoll_event, 64> events{};
    while (elapsed() < seconds) {
        const int count = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), 1000);
        if (count <= 0) fail("nothing came for a second");
        for (int i = 0; i < count; ++i) {
            auto& connection = connections[events[static_cast<std::size_t>(i)].data.u64];
            if (connection.rest == 0 && !read_head(connection)) continue;
            if (!read_body(connection)) continue;
            ++files;
            ask(connection, request);
        }
    }
    const double took = elapsed();
    std::uint64_t total = 0;
    for (const auto& connection : connections)
        total += connection.taken;
    const auto [least, most] = std::minmax_element(connections.begin(), connections.end(),
                                                   [](const auto& l, const auto& r) { return l.taken < r.taken; });
    std::cout << total << ' ' << took << ' ' << files << ' ' << least->taken << ' ' << most->taken << '\n';
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 5) {
        std::fprintf(stderr, "usage: musterd_bench_sink PORT PATH CLIENTS SECONDS\n");
        return 2;
    }
    try {
        run(static_cast<std::uint16_t>(std::atoi(arguments[1])), arguments[2],
            static_cast<std::size_t>(std::atoi(arguments[3])), std::atof(arguments[4]));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
