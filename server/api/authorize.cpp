#include "server/api/authorize.hpp"

#include "server/base/bytes.hpp"
#include "server/base/fd.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>

namespace musterd::api {

base::Result<std::string> load_token(const std::filesystem::path& file) {
    auto text = base::read_file(file, 4096);
    if (text) {
        while (!text->empty() && (text->back() == '\n' || text->back() == ' '))
            text->pop_back();
        if (text->size() < 16)
            return base::Error(file.string() + ": too short for a token; remove the file to have a new one made");
        return text;
    }
    if (text.error().code() != std::errc::no_such_file_or_directory) return text.error();
    std::array<std::uint8_t, 32> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
        return base::Error("the kernel gives no random bytes");
    auto token = base::to_hex(random);
    const auto written = base::write_file_durably(file, token + "\n", 0600);
    if (!written) return written.error();
    return token;
}

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
