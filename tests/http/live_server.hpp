// A server on loopback with two threads of its own, and a client that sends and sees raw bytes.
#pragma once

#include "http/router.hpp"
#include "http/server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace musterd::http {

/// Longest wait for anything that should happen at once: only failing tests take it.
inline constexpr std::chrono::seconds patience{20};

class LiveServer {
public:
    explicit LiveServer(Handler handler, Limits limits = {});
    ~LiveServer();
    LiveServer(const LiveServer&) = delete;
    LiveServer& operator=(const LiveServer&) = delete;

    Server& operator*() { return *server_; }
    Server* operator->() { return server_.get(); }
    boost::asio::any_io_executor executor() { return context_.get_executor(); }
    [[nodiscard]] std::string url(const std::string& path) const;
    /// Waits, running nothing, until so many connections are open.
    bool reaches_connections(std::size_t count);

private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::unique_ptr<Server> server_;
    std::vector<std::thread> threads_;
};

struct Reply {
    unsigned status = 0;
    std::string head;
    std::map<std::string, std::string> fields;  ///< names as they were sent
    std::string body;
};

class Client {
public:
    explicit Client(std::uint16_t port, int receive_buffer = 0);
    explicit Client(const std::string& socket_path);

    bool send(const std::string& text);
    /// Head and as much body as Content-Length says (none for HEAD); nothing where the connection ended before.
    std::optional<Reply> read_reply(bool head_only = false);
    Reply ask(const std::string& method, const std::string& path, const std::string& fields = "");
    /// Everything up to the end of the connection.
    std::string read_to_end();
    /// At least `count` bytes, or fewer at the end.
    std::string read_some(std::size_t count);
    bool at_end();
    /// Whether something arrives, or the end does, within a time.
    bool readable(std::chrono::milliseconds time);
    /// Ends the connection as GRUB does: RST.
    void reset();
    void close();

private:
    bool fill();
    base::Fd socket_;
    std::string input_;
};

/// Bytes whose value depends on their place, so that a shifted or repeated block shows.
std::string pattern(std::size_t size);
Response file_response(const std::string& bytes, const std::string& etag = "e1");

/// Runs a shell command; its output and, last, its exit code on a line of its own.
std::string run(const std::string& command);

}  // namespace musterd::http
