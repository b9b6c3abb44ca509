#include "http/head.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace musterd::http;
using musterd::base::FileSlice;

namespace {

Request get(const std::string& path, std::map<std::string, std::string> headers = {}) {
    Request request;
    request.method = "GET";
    request.path = path;
    request.headers = std::move(headers);
    return request;
}

Response file(std::uint64_t length, std::string etag = "e1") {
    Response response;
    response.body = FileSlice{nullptr, 4096, length, std::move(etag)};
    return response;
}

class Silent : public Stream {
public:
    void next(std::function<void(std::optional<std::string>)>) override {}
    void closed() override {}
};

Plan plan(const Request& request, Response response, Circumstances circumstances = {}) {
    return plan_response(request, response, circumstances);
}

bool has(const Plan& plan, const std::string& line) {
    return plan.head.find("\r\n" + line + "\r\n") != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

}  // namespace

TEST_CASE("a file is answered with exact length, type, strong tag and the server's own fields") {
    Circumstances circumstances;
    circumstances.now = *musterd::base::parse_rfc3339("2026-11-21T09:30:05.000Z");
    const auto answer = plan(get("/boot/loader/ipxe.efi"), file(1000), circumstances);
    CHECK(answer.head ==
          "HTTP/1.1 200 OK\r\n"
          "Date: Sat, 21 Nov 2026 09:30:05 GMT\r\n"
          "Server: musterd\r\n"
          "Content-Type: application/efi\r\n"
          "Content-Length: 1000\r\n"
          "Accept-Ranges: bytes\r\n"
          "ETag: \"e1\"\r\n"
          "\r\n");
    CHECK(std::get<FileSlice>(answer.body).length == 1000);
    CHECK(answer.delivers);
    CHECK_FALSE(answer.close);
}

TEST_CASE("HEAD has the head of GET and no body, whatever range it names") {
    auto request = get("/x.iso", {{"range", "bytes=5-6"}});
    request.method = "HEAD";
    const auto answer = plan(request, file(6'000'000'000));
    CHECK(answer.status == 200);
    CHECK(has(answer, "Content-Length: 6000000000"));
    CHECK(has(answer, "Content-Type: application/vnd.efi-iso"));
    CHECK(std::get<std::string>(answer.body).empty());
    CHECK_FALSE(answer.delivers);
}

TEST_CASE("a range cuts files and texts alike") {
    const auto of_file = plan(get("/f", {{"range", "bytes=100-"}}), file(1000));
    CHECK(of_file.status == 206);
    CHECK(has(of_file, "Content-Range: bytes 100-999/1000"));
    CHECK(has(of_file, "Content-Length: 900"));
    CHECK(std::get<FileSlice>(of_file.body).offset == 4196);
    CHECK(of_file.offset == 100);
    CHECK(of_file.size == 900);
    CHECK(of_file.total == 1000);

    const auto of_text = plan(get("/s", {{"range", "bytes=2-3"}}), text(200, "abcdef"));
    CHECK(of_text.status == 206);
    CHECK(std::get<std::string>(of_text.body) == "cd");
    CHECK(of_text.delivers);
}

TEST_CASE("an unsatisfiable range is 416 with the length, and delivers nothing of the file") {
    const auto answer = plan(get("/f", {{"range", "bytes=1000-"}}), file(1000));
    CHECK(answer.status == 416);
    CHECK(has(answer, "Content-Range: bytes */1000"));
    CHECK_FALSE(answer.delivers);
    CHECK(has(answer, "Content-Length: " + std::to_string(std::get<std::string>(answer.body).size())));
}

TEST_CASE("EDK2's resume gets its range from the same file and 412 from another") {
    const std::map<std::string, std::string> resume = {{"range", "bytes=10-19"}, {"if-match", "\"e1\""}};
    CHECK(plan(get("/f", resume), file(1000, "e1")).status == 206);
    CHECK(plan(get("/f", resume), file(1000, "e2")).status == 412);
}

TEST_CASE("304 has the tag and no length, type or body") {
    const auto answer = plan(get("/f", {{"if-none-match", "\"e1\""}, {"range", "bytes=1-2"}}), file(1000));
    CHECK(answer.status == 304);
    CHECK(has(answer, "ETag: \"e1\""));
    CHECK(answer.head.find("Content-") == std::string::npos);
    CHECK(std::get<std::string>(answer.body).empty());
    CHECK_FALSE(answer.delivers);
}

TEST_CASE("conditions and ranges leave other methods and statuses alone") {
    auto post = get("/f", {{"if-none-match", "*"}, {"range", "bytes=1-2"}});
    post.method = "POST";
    CHECK(plan(post, file(1000)).status == 200);
    CHECK(plan(get("/f", {{"if-match", "\"z\""}, {"range", "bytes=1-2"}}), problem(404, "no")).status == 404);
}

TEST_CASE("an entity tag that the handler names counts, once") {
    auto response = text(200, "abc");
    response.headers.emplace_back("etag", "\"mine\"");
    const auto answer = plan(get("/s", {{"if-match", "\"mine\""}}), response);
    CHECK(answer.status == 200);
    CHECK(count(answer.head, "\"mine\"") == 1);
}

TEST_CASE("a stream is chunked for HTTP/1.1 and ends with the connection for HTTP/1.0") {
    Response response;
    response.content_type = "text/event-stream";
    response.body = std::make_shared<Silent>();
    const auto modern = plan(get("/e"), response);
    CHECK(has(modern, "Transfer-Encoding: chunked"));
    CHECK(modern.head.find("Content-Length") == std::string::npos);
    CHECK(modern.chunked);
    CHECK_FALSE(modern.close);

    Circumstances old;
    old.http_1_0 = true;
    const auto plain = plan(get("/e"), response, old);
    CHECK(plain.head.find("Transfer-Encoding") == std::string::npos);
    CHECK(has(plain, "Connection: close"));
    CHECK_FALSE(plain.chunked);
    CHECK(plain.close);
}

TEST_CASE("204 has neither body nor length") {
    const auto answer = plan(get("/x"), text(204, ""));
    CHECK(answer.head.find("Content-") == std::string::npos);
}

TEST_CASE("a handler cannot contradict the framing nor inject fields") {
    auto response = text(200, "abc");
    response.headers = {{"content-length", "99"},
                        {"Transfer-Encoding", "chunked"},
                        {"Connection", "upgrade"},
                        {"X-Name", "a\r\nSet-Cookie: b"}};
    const auto answer = plan(get("/s"), response);
    CHECK(count(answer.head, "ontent-") == 2);
    CHECK(has(answer, "Content-Length: 3"));
    CHECK(answer.head.find("chunked") == std::string::npos);
    CHECK(answer.head.find("upgrade") == std::string::npos);
    CHECK(has(answer, "X-Name: a  Set-Cookie: b"));
}

TEST_CASE("a file of known date is said to be of it, and resumed by it") {
    Circumstances circumstances;
    circumstances.now = *musterd::base::parse_rfc3339("2026-11-21T09:30:05.000Z");
    auto response = file(1000, "");
    response.modified = circumstances.now - std::chrono::hours(1);
    const std::string date = "Sat, 21 Nov 2026 08:30:05 GMT";
    CHECK(has(plan(get("/f"), response, circumstances), "Last-Modified: " + date));
    const auto resumed = [&](const char* name, const std::string& value) {
        return plan(get("/f", {{"range", "bytes=500-"}, {name, value}}), response, circumstances).status;
    };
    CHECK(resumed("if-range", date) == 206);
    CHECK(resumed("if-range", "Sat, 21 Nov 2026 08:30:04 GMT") == 200);
    CHECK(resumed("if-unmodified-since", date) == 206);
    CHECK(resumed("if-unmodified-since", "Sat, 21 Nov 2026 08:30:04 GMT") == 412);
    CHECK(resumed("if-modified-since", date) == 304);

    response.modified = circumstances.now + std::chrono::hours(1);
    CHECK(plan(get("/f"), response, circumstances).head.find("Last-Modified") == std::string::npos);
}

TEST_CASE("several ranges are one answer: the part that they make together, or the whole") {
    const auto together = plan(get("/f", {{"range", "bytes=100-199,200-299"}}), file(1000));
    CHECK(together.status == 206);
    CHECK(has(together, "Content-Range: bytes 100-299/1000"));
    const auto apart = plan(get("/f", {{"range", "bytes=100-199,300-399"}}), file(1000));
    CHECK(apart.status == 200);
    CHECK(has(apart, "Content-Length: 1000"));
}
