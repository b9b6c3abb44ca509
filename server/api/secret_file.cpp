#include "server/api/secret_file.hpp"

#include "server/base/bytes.hpp"
#include "server/base/fd.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>

namespace musterd::api {

namespace {

constexpr std::size_t shortest_token = 16;

base::Result<std::string> make_secret(const std::filesystem::path& file) {
    std::array<std::uint8_t, 32> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
        return base::Error("the kernel gives no random bytes");
    auto secret = base::to_hex(random);
    const auto written = base::write_file_durably(file, secret + "\n", 0600);
    if (!written) return written.error();
    return secret;
}

base::Result<std::string> load_or_make(const std::filesystem::path& file, bool* made) {
    constexpr std::size_t most = 4096;
    auto text = base::read_file(file, most);
    const bool missing = !text && text.error().code() == std::errc::no_such_file_or_directory;
    if (made != nullptr) *made = missing;
    if (missing) return make_secret(file);
    if (!text) return text;
    while (!text->empty() && (text->back() == '\n' || text->back() == ' '))
        text->pop_back();
    return text;
}

}  // namespace

base::Result<std::string> load_token(const std::filesystem::path& file) {
    auto token = load_or_make(file, nullptr);
    if (token && token->size() < shortest_token)
        return base::Error(file.string() + ": too short for a token; remove the file to have a new one made");
    return token;
}

base::Result<profiles::SiteKey> load_site_key(const std::filesystem::path& file, bool* made) {
    const auto text = load_or_make(file, made);
    if (!text) return text.error();
    const auto key = profiles::parse_site_key(*text);
    if (key) return key;
    return base::Error(
        fmt::format("{}: {}; put it back with `musterd key restore FILE`, or remove it to have a new one "
                    "made, which gives every host a new identity",
                    file.string(), key.error().message()));
}

}  // namespace musterd::api
