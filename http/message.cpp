#include "http/message.hpp"

namespace musterd::http {

namespace {
std::string_view value_in(const std::map<std::string, std::string>& map, const std::string& name) {
    const auto found = map.find(name);
    return found == map.end() ? std::string_view{} : std::string_view{found->second};
}
}  // namespace

std::string_view Request::header(const std::string& name) const {
    return value_in(headers, name);
}

std::string_view Request::parameter(const std::string& name) const {
    return value_in(query, name);
}

Stream::~Stream() = default;

Response text(unsigned status, std::string body, std::string content_type) {
    Response response;
    response.status = status;
    response.content_type = std::move(content_type);
    response.body = std::move(body);
    return response;
}

Response problem(unsigned status, const std::string& why) {
    return text(status, why + "\n");
}

std::string_view reason_phrase(unsigned status) {
    static const std::map<unsigned, std::string_view> phrases = {
        {100, "Continue"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    const auto found = phrases.find(status);
    return found == phrases.end() ? "Unknown" : found->second;
}

}  // namespace musterd::http
