#include "server/api/authorize.hpp"

#include <openssl/crypto.h>

namespace musterd::api {

std::string refusal(const http::Request& request, const std::string& token, std::uint32_t own_uid) {
    if (request.credentials && (request.credentials->uid == 0 || request.credentials->uid == own_uid)) return {};
    constexpr std::string_view scheme = "Bearer ";
    auto given = request.header("authorization");
    if (!given.starts_with(scheme)) return "this needs a token: Authorization: Bearer (see the file token in data_dir)";
    given.remove_prefix(scheme.size());
    const bool same = given.size() == token.size() && CRYPTO_memcmp(given.data(), token.data(), token.size()) == 0;
    return same ? std::string{} : "this is not the server's token";
}

}  // namespace musterd::api
