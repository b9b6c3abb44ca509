#include "server/api/guard.hpp"

#include "server/api/problem.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace musterd::api {

namespace {

http::Response unauthorized(std::string_view why) {
    auto response = problem_details(401, why);
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

/// The token of "Bearer TOKEN", its scheme in any case (RFC 9110 11.1); nothing where there is none.
std::optional<std::string_view> bearer(std::string_view header) {
    constexpr std::string_view scheme = "bearer ";
    if (header.size() < scheme.size()) return std::nullopt;
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        const char c = header[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != scheme[i]) return std::nullopt;
    }
    return header.substr(scheme.size());
}

}  // namespace

std::optional<http::Response> Guard::refusal(const http::Request& request, Role needed, base::Tick now) {
    if (request.credentials && (request.credentials->uid == 0 || request.credentials->uid == own_uid_))
        return std::nullopt;
    const auto token = bearer(request.header("authorization"));
    if (!token)
        return unauthorized(
            "this needs a token, as Authorization: Bearer TOKEN: one of musterd token create, or the file token in "
            "data_dir");
    if (const auto wait = failures_.wait(request.peer, now); wait.count() > 0) {
        auto response = problem_details(429, "too many wrong tokens from this address");
        response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
        return response;
    }
    const auto* holder = tokens_.holder(*token);
    if (holder == nullptr) {
        failures_.add(request.peer, now);
        if (failures_.wait(request.peer, now).count() > 0)
            spdlog::warn("{} was wrong about the token too often: it has to wait", request.peer);
        return unauthorized("this is no token of this server");
    }
    if (holder->role >= needed) return std::nullopt;
    return problem_details(403, fmt::format("this needs the role {}; the token \"{}\" has {}", to_string(needed),
                                            holder->name, to_string(holder->role)));
}

TokenInfo Guard::holder(const http::Request& request) const {
    const auto token = bearer(request.header("authorization"));
    const auto* holder = request.credentials || !token ? nullptr : tokens_.holder(*token);
    return holder == nullptr ? TokenInfo{"the server's own socket", Role::admin, {}} : *holder;
}

}  // namespace musterd::api
