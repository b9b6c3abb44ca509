// One HTTP request on a connection of its own, without waiting, for a client that has thousands of them.
#pragma once

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace storm {

/// Call advance() whenever its descriptor is ready, until it has ended.
class Exchange {
public:
    enum class State { connecting, header, body, done, failed };

    Exchange(const sockaddr_in& server, std::string request) : request_(std::move(request)) {
        descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const int connected = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&server), sizeof server);
        if (descriptor_ < 0 || (connected != 0 && errno != EINPROGRESS)) state_ = State::failed;
    }
    ~Exchange() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] bool ended() const { return state_ == State::done || state_ == State::failed; }
    /// True from the answer's first line on.
    [[nodiscard]] bool answered() const { return status_ != 0; }
    [[nodiscard]] int status() const { return status_; }
    /// Of small answers.
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::uint32_t events() const { return state_ == State::connecting ? EPOLLOUT : EPOLLIN; }

    void advance() {
        if (state_ == State::connecting) send();
        if (state_ == State::header) read_header();
        if (state_ == State::body) read_body();
    }

private:
    void send() {
        const auto sent = ::send(descriptor_, request_.data(), request_.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) return;
        state_ = sent == static_cast<ssize_t>(request_.size()) ? State::header : State::failed;
    }

    void read_header() {
        std::array<char, 4096> buffer{};
        const auto got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return fail();
        text_.append(buffer.data(), static_cast<std::size_t>(got));
        const auto end = text_.find("\r\n\r\n");
        if (end == std::string::npos) return;
        const auto length = text_.find("Content-Length: ");
        if (text_.size() < 12 || length > end) return fail();
        status_ = std::atoi(text_.c_str() + 9);
        left_ = std::strtoull(text_.c_str() + length + 16, nullptr, 10);
        text_.erase(0, end + 4);
        left_ -= std::min<std::uint64_t>(left_, text_.size());
        state_ = State::body;
    }

    void read_body() {
        while (left_ > 0) {
            // Large bodies are thrown away in the kernel, so that the server is measured and not this client's memory.
            std::array<char, 16384> buffer{};
            const bool small = left_ + text_.size() <= buffer.size();
            const auto want = small ? buffer.size() : std::min<std::uint64_t>(left_, 1U << 20);
            const auto got = ::recv(descriptor_, small ? buffer.data() : nullptr, want, small ? 0 : MSG_TRUNC);
            if (got < 0 && errno == EAGAIN) return;
            if (got <= 0) return fail();
            if (small) text_.append(buffer.data(), static_cast<std::size_t>(got));
            left_ -= std::min<std::uint64_t>(left_, static_cast<std::uint64_t>(got));
        }
        state_ = State::done;
    }

    void fail() { state_ = State::failed; }

    int descriptor_ = -1;
    std::string request_;
    State state_ = State::connecting;
    std::string text_;
    int status_ = 0;
    std::uint64_t left_ = 0;
};

}  // namespace storm
