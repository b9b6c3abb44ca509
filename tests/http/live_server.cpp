#include "live_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <stdexcept>

namespace musterd::http {

LiveServer::LiveServer(Handler handler, Limits limits)
    : guard_(context_.get_executor()),
      server_(std::make_unique<Server>(context_.get_executor(), std::move(handler), limits)) {
    ::signal(SIGPIPE, SIG_IGN);
    const auto listening = server_->listen_tcp("", 0);
    if (!listening) throw std::runtime_error(listening.error().message());
    server_->start();
    for (int i = 0; i < 2; ++i)
        threads_.emplace_back([this] { context_.run(); });
}

LiveServer::~LiveServer() {
    server_->cut();
    guard_.reset();
    for (auto& thread : threads_)
        thread.join();
}

std::string LiveServer::url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->tcp_port()) + path;
}

bool LiveServer::reaches_connections(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (server_->connections() != count && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    return server_->connections() == count;
}

namespace {
base::Fd patient_socket(int family) {
    base::Fd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{patience.count(), 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return socket;
}

void connect_to(const base::Fd& socket, const sockaddr* address, socklen_t size) {
    if (::connect(socket.get(), address, size) != 0) throw std::runtime_error("connect");
}
}  // namespace

Client::Client(std::uint16_t port, int receive_buffer) : socket_(patient_socket(AF_INET)) {
    if (receive_buffer > 0) {
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect_to(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Client::Client(const std::string& socket_path) : socket_(patient_socket(AF_UNIX)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_path.data(), std::min(socket_path.size(), sizeof address.sun_path - 1));
    connect_to(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

bool Client::send(const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        const auto count = ::send(socket_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return false;
        sent += static_cast<std::size_t>(count);
    }
    return true;
}

bool Client::fill() {
    std::array<char, 65536> bytes;
    const auto count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (count > 0) input_.append(bytes.data(), static_cast<std::size_t>(count));
    return count > 0;
}

std::optional<Reply> Client::read_reply(bool head_only) {
    std::size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) return std::nullopt;
    }
    Reply reply;
    reply.head = input_.substr(0, end + 4);
    input_.erase(0, end + 4);
    reply.status = static_cast<unsigned>(std::stoul(reply.head.substr(9, 3)));
    std::istringstream lines(reply.head);
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(": ");
        if (colon != std::string::npos)
            reply.fields[line.substr(0, colon)] = line.substr(colon + 2, line.size() - colon - 3);
    }
    const auto length = reply.fields.find("Content-Length");
    const std::size_t wanted = head_only || length == reply.fields.end() ? 0 : std::stoul(length->second);
    while (input_.size() < wanted) {
        if (!fill()) return std::nullopt;
    }
    reply.body = input_.substr(0, wanted);
    input_.erase(0, wanted);
    return reply;
}

Reply Client::ask(const std::string& method, const std::string& path, const std::string& fields) {
    if (!send(method + " " + path + " HTTP/1.1\r\nHost: s\r\n" + fields + "\r\n")) return {};
    return read_reply(method == "HEAD").value_or(Reply{});
}

std::string Client::read_to_end() {
    while (fill()) {
    }
    return std::exchange(input_, {});
}

std::string Client::read_some(std::size_t count) {
    while (input_.size() < count && fill()) {
    }
    return std::exchange(input_, {});
}

bool Client::at_end() {
    return input_.empty() && !fill();
}

bool Client::readable(std::chrono::milliseconds time) {
    pollfd waiting{socket_.get(), POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(time.count())) > 0;
}

void Client::reset() {
    const linger now{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
}

void Client::close() {
    socket_ = base::Fd();
}

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 1;
    for (auto& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<char>(state >> 24U);
    }
    return bytes;
}

Response file_response(const std::string& bytes, const std::string& etag) {
    Response response;
    response.body = *base::slice_of_bytes(base::as_bytes(bytes), etag);
    return response;
}

std::string run(const std::string& command) {
    std::string output;
    FILE* pipe = ::popen((command + " 2>&1; echo \"exit $?\"").c_str(), "r");
    if (pipe == nullptr) return "no shell";
    std::array<char, 65536> bytes;
    while (const auto count = ::fread(bytes.data(), 1, bytes.size(), pipe))
        output.append(bytes.data(), count);
    ::pclose(pipe);
    return output;
}

}  // namespace musterd::http
