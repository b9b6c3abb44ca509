// The server on loopback, and a client that says exactly what a test wants it to.
#pragma once

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
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace musterd::tftp::fixture {

inline base::Bytes content(std::size_t size) {
    base::Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
    return bytes;
}

/// A server of files in memory, on a thread of its own.
class Fixture {
public:
    explicit Fixture(std::uint32_t max_transfers = 16, base::IpAddress address = base::Ipv4(INADDR_LOOPBACK))
        : Fixture(options_of(max_transfers, address)) {}
    /// On a port that is free, whatever the options say.
    explicit Fixture(Options options) : work_(context_.get_executor()), tasks_(context_.get_executor()) {
        options.port = 0;
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
    /// Of requests for files, so far.
    std::vector<TransferEnd> refusals() {
        const std::lock_guard lock(mutex_);
        return refusals_;
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
    static Options options_of(std::uint32_t max_transfers, const base::IpAddress& address) {
        Options options;
        options.address = address;
        options.max_transfers = max_transfers;
        return options;
    }
    void resolve(const Request& request, Reply reply) {
        requests.push_back(request);
        if (request.path.starts_with("later")) return withheld.push_back(std::move(reply));
        const auto found = files_.find(request.path);
        if (found == files_.end()) return reply(base::Error::from_errno(request.path, ENOENT));
        reply(found->second);
    }
    void note(const TransferEnd& end) {
        const std::lock_guard lock(mutex_);
        (end.refused ? refusals_ : ends_).push_back(end);
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
    std::vector<TransferEnd> ends_, refusals_;
    std::thread thread_;
};

struct Heard {
    Packet packet;
    std::uint16_t port = 0;  ///< of the server, for this transfer
};

class Client {
public:
    explicit Client(std::uint16_t server, std::uint32_t address = INADDR_LOOPBACK)
        : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), server_(server), server_address_(address) {
        const timeval patience{5, 0};
        REQUIRE(::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
        const auto any = address_of(INADDR_LOOPBACK, 0);
        REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
    }
    void ask(const std::string& name, std::vector<Option> options = {}) {
        send(FileRequest{Opcode::RRQ, name, Mode::octet, std::move(options)}, server_);
    }
    void send(const Packet& packet, std::uint16_t port) {
        const auto bytes = serialize(packet);
        const auto to = address_of(server_address_, port);
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
    std::uint32_t last_address = 0;

private:
    static sockaddr_in address_of(std::uint32_t host, std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(host);
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
        last_address = ntohl(from.sin_addr.s_addr);
        return Heard{*packet, ntohs(from.sin_port)};
    }

    base::Fd fd_;
    std::uint16_t server_;
    std::uint32_t server_address_;
};

/// Takes a file to its end, acknowledging each window; returns its bytes.
inline base::Bytes take_all(Client& client, std::size_t blksize, std::size_t windowsize) {
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

}  // namespace musterd::tftp::fixture
