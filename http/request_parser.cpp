#include "http/request_parser.hpp"

#include "http/target.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>

namespace musterd::http {

namespace beast_http = boost::beast::http;

namespace {

std::string lower(std::string_view name) {
    std::string text(name);
    for (auto& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    return text;
}

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

/// Methods whose body means something to a handler. Others' bodies are not read: the connection ends instead.
bool reads_body(beast_http::verb method) {
    return method == beast_http::verb::post || method == beast_http::verb::put || method == beast_http::verb::delete_ ||
           method == beast_http::verb::patch;
}

Response answer_to(const boost::system::error_code& code) {
    if (code == beast_http::error::header_limit) return problem(431, "the request's header is too large");
    if (code == beast_http::error::body_limit) return problem(413, "the request's body is too large");
    if (code == beast_http::error::bad_version) return problem(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    return problem(400, "the request is malformed: " + code.message());
}

}  // namespace

struct RequestParser::Parser {
    beast_http::request_parser<beast_http::string_body> beast;
    Request request;
    std::optional<Response> refusal;
    std::size_t header_limit = 0;
    std::size_t header_read = 0;
    bool begun = false;
    bool done = false;
    bool http_1_0 = false;
    bool keep_alive = false;
    bool body_unread = false;

    void refuse(Response answer) {
        refusal = std::move(answer);
        done = true;
    }

    /// One step of Beast's parser. Returns how much it took; false in `more` when it wants bytes that are not there.
    std::size_t step(std::string_view bytes, bool& more) {
        boost::system::error_code code;
        const bool in_header = !beast.is_header_done();
        const auto used = beast.put(boost::asio::const_buffer(bytes.data(), bytes.size()), code);
        more = code != beast_http::error::need_more;
        if (code && more) {
            request.method = std::string(view(beast.get().method_string()));
            take_path(view(beast.get().target()));
            refuse(answer_to(code));
            return used;
        }
        if (in_header) check_header(used);
        if (!done && beast.is_done()) {
            request.body = std::move(beast.get().body());
            done = true;
        }
        return used;
    }

    void check_header(std::size_t used) {
        // Beast's own limit begins anew with each call that took a whole field: many small ones would pass it.
        header_read += used;
        if (header_read > header_limit) return refuse(answer_to(beast_http::error::header_limit));
        if (beast.is_header_done()) take_header();
    }

    void take_header() {
        const auto& message = beast.get();
        http_1_0 = message.version() < 11;
        keep_alive = beast.keep_alive();
        const bool has_body = beast.chunked() || beast.content_length().value_or(0) > 0;
        body_unread = has_body && !reads_body(message.method());
        done = body_unread;
        request.method = std::string(view(message.method_string()));
        // Beast 1.81 has an assertion that a client can break with four bytes of a chunked body ("0\r\nX"), and adds
        // the fields of its trailer to the header. No client of ours needs it, and RFC 9112 6.3 lets us ask for a
        // length.
        if (beast.chunked() && !body_unread) return refuse(problem(411, "send the body with a Content-Length"));
        beast.eager(true);
        for (const auto& field : message) {
            auto& value = request.headers[lower(view(field.name_string()))];
            value.append(value.empty() ? "" : ", ").append(view(field.value()));
        }
        if (const auto why = take_path(view(message.target())); !why.empty()) refuse(problem(400, why));
    }

    /// Why the target is none; its path is as it was sent then.
    std::string take_path(std::string_view text) {
        auto target = parse_target(text);
        request.path = target ? std::move(target->path) : std::string(text.substr(0, text.find('?')));
        if (target) request.query = std::move(target->query);
        return target ? std::string() : target.error().message();
    }
};

RequestParser::RequestParser(const Limits& limits) : parser_(std::make_unique<Parser>()) {
    parser_->header_limit = limits.header;
    parser_->beast.header_limit(static_cast<std::uint32_t>(limits.header));
    parser_->beast.body_limit(limits.body);
    parser_->beast.eager(false);
}

RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view bytes) {
    std::size_t used = 0;
    // An empty line before a request is skipped (RFC 9112 2.2).
    if (!parser_->begun) used = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    bool more = true;
    while (!parser_->done && more && used < bytes.size()) {
        parser_->begun = true;
        used += parser_->step(bytes.substr(used), more);
    }
    return used;
}

bool RequestParser::done() const {
    return parser_->done;
}

const std::optional<Response>& RequestParser::refusal() const {
    return parser_->refusal;
}

bool RequestParser::awaits_continue() const {
    if (parser_->done || !parser_->beast.is_header_done() || parser_->http_1_0) return false;
    return lower(view(parser_->beast.get()[beast_http::field::expect])) == "100-continue";
}

bool RequestParser::http_1_0() const {
    return parser_->http_1_0;
}

bool RequestParser::keep_alive() const {
    return !parser_->refusal && parser_->keep_alive && !parser_->body_unread;
}

bool RequestParser::body_unread() const {
    return parser_->body_unread;
}

Request RequestParser::take() {
    return std::move(parser_->request);
}

}  // namespace musterd::http
