#include "server/app/client.hpp"

#include "server/base/json.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace musterd::app {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Stream = beast::basic_stream<asio::local::stream_protocol>;
using Request = beast::http::request<beast::http::string_body>;
using namespace std::chrono_literals;

constexpr auto patience = 40s;

base::Error failure(const SocketPath& path, const beast::error_code& code) {
    const auto socket = path.file().string();
    if (code == beast::error::timeout)
        return base::Error("the server did not answer in time", std::make_error_code(std::errc::timed_out));
    if (code == asio::error::connection_refused || code == std::errc::no_such_file_or_directory) {
        return base::Error(
            fmt::format(
                "no musterd answers at {} (start it with: musterd serve; or name its configuration with --config)",
                socket),
            code);
    }
    if (code == std::errc::permission_denied)
        return base::Error(fmt::format("no permission to use {}: be root or the server's user", socket), code);
    return base::Error(fmt::format("{}: {}", socket, code.message()), code);
}

/// One exchange on one connection, each step within a time limit.
class Exchange {
public:
    explicit Exchange(std::string socket) : socket_(std::move(socket)), stream_(context_) {
        parser_.body_limit(boost::none);
    }

    beast::error_code send(Request request) {
        beast::error_code code;
        request.set(beast::http::field::host, "musterd");
        step(code, [&](auto done) { stream_.async_connect(asio::local::stream_protocol::endpoint(socket_), done); });
        if (!code) step(code, [&](auto done) { beast::http::async_write(stream_, request, ignoring_count(done)); });
        if (!code)
            step(code,
                 [&](auto done) { beast::http::async_read_header(stream_, buffer_, parser_, ignoring_count(done)); });
        return code;
    }

    /// Reads on; false when the body is complete or the connection failed.
    bool read_some(beast::error_code& code, std::chrono::steady_clock::duration limit) {
        limit_ = limit;
        if (parser_.is_done()) return false;
        step(code, [&](auto done) { beast::http::async_read_some(stream_, buffer_, parser_, ignoring_count(done)); });
        return !code;
    }

    std::string& body() { return parser_.get().body(); }
    [[nodiscard]] unsigned status() const { return parser_.get().result_int(); }
    [[nodiscard]] std::string link() const { return std::string(parser_.get()[beast::http::field::link]); }

private:
    template <class Done>
    static auto ignoring_count(Done done) {
        return [done](beast::error_code code, std::size_t) { done(code); };
    }

    template <class Start>
    void step(beast::error_code& code, Start start) {
        stream_.expires_after(limit_);
        start([&code](beast::error_code result) { code = result; });
        context_.restart();
        context_.run();
    }

    std::string socket_;
    asio::io_context context_{1};
    Stream stream_;
    beast::flat_buffer buffer_;
    beast::http::response_parser<beast::http::string_body> parser_;
    std::chrono::steady_clock::duration limit_ = patience;
};

/// Takes whole events out of `text` and hands on the data of each. False when the taker has had enough.
bool take_events(std::string& text, const std::function<bool(std::string_view)>& take) {
    constexpr std::string_view field = "data: ";
    for (auto end = text.find("\n\n"); end != std::string::npos; end = text.find("\n\n")) {
        const auto event = text.substr(0, end + 1);
        text.erase(0, end + 2);
        const auto data = event.find(field);
        if (data == std::string::npos) continue;
        const auto start = data + field.size();
        if (!take(std::string_view(event).substr(start, event.find('\n', start) - start))) return false;
    }
    return true;
}

Request request_for(const std::string& target, const char* accept) {
    Request request(beast::http::verb::get, target, 11);
    request.set(beast::http::field::accept, accept);
    return request;
}

/// What <…>; rel="next" names.
std::string next_page(const std::string& link) {
    const auto end = link.find(">; rel=\"next\"");
    return link.starts_with('<') && end != std::string::npos ? link.substr(1, end - 1) : std::string();
}

}  // namespace

base::Result<Client::Answer> Client::get(const std::string& target) const {
    return ask("GET", target);
}

base::Result<Client::Answer> Client::ask(const std::string& method, const std::string& target,
                                         const std::string& json) const {
    Request request = request_for(target, "application/json, application/problem+json");
    request.method_string(method);
    if (!json.empty()) request.set(beast::http::field::content_type, "application/json");
    request.body() = json;
    if (method != "GET") request.prepare_payload();
    Exchange exchange(socket_.address());
    auto code = exchange.send(std::move(request));
    while (!code && exchange.read_some(code, patience)) {
    }
    if (code) return failure(socket_, code);
    return Answer{exchange.status(), std::move(exchange.body()), next_page(exchange.link())};
}

base::Result<void> Client::follow(const std::string& target, Deadline deadline,
                                  const std::function<bool(std::string_view data)>& take) const {
    Exchange exchange(socket_.address());
    auto code = exchange.send(request_for(target, "text/event-stream"));
    if (!code && exchange.status() != 200) return base::Error(fmt::format("the server answered {}", exchange.status()));
    while (!code) {
        if (!take_events(exchange.body(), take)) return {};
        std::chrono::steady_clock::duration limit = patience;
        if (deadline) limit = std::min(limit, *deadline - std::chrono::steady_clock::now());
        if (limit <= 0s) return base::Error("time is up", std::make_error_code(std::errc::timed_out));
        if (!exchange.read_some(code, limit)) break;
    }
    if (code == beast::error::timeout && deadline && std::chrono::steady_clock::now() >= *deadline) {
        return base::Error("time is up", std::make_error_code(std::errc::timed_out));
    }
    if (code) return failure(socket_, code);
    return base::Error("the server ended the stream", std::make_error_code(std::errc::connection_reset));
}

std::string error_of(const Client::Answer& answer) {
    const auto object = base::parse_json_object(answer.body);
    const auto message = object ? base::json_text(*object, "detail") : std::string{};
    return message.empty() ? fmt::format("the server answered {}: {}", answer.status, answer.body) : message;
}

std::string escaped(std::string_view word) {
    return boost::urls::encode(word, boost::urls::unreserved_chars);
}

}  // namespace musterd::app
