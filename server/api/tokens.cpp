#include "server/api/tokens.hpp"

#include "server/base/bytes.hpp"
#include "server/base/fd.hpp"
#include "server/base/json.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace musterd::api {

namespace {

base::Error invalid(std::string why) {
    return base::Error(std::move(why), std::make_error_code(std::errc::invalid_argument));
}

std::string hex(const std::array<std::uint8_t, 32>& bytes) {
    return base::to_hex(bytes);
}

}  // namespace

bool is_token_name(std::string_view name) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !name.empty() && name.size() <= 64 && plain(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

Tokens::Hash Tokens::hash_of(std::string_view token) {
    Hash hash{};
    const auto bytes = base::as_bytes(token);
    ::SHA256(bytes.data(), bytes.size(), hash.data());
    return hash;
}

base::Result<Tokens::Kept> Tokens::read(const std::filesystem::path& file) {
    constexpr std::size_t most = 4096;
    const auto text = base::read_file(file, most);
    if (!text) return text.error();
    const auto object = base::parse_json_object(*text);
    if (!object) return base::Error(fmt::format("{}: {}", file.string(), object.error().message()));
    const auto role = role_from(base::json_text(*object, "role"));
    const auto hash = base::from_hex(base::json_text(*object, "sha256"));
    if (!role || hash.size() != Hash().size())
        return base::Error(
            fmt::format("{}: no role and SHA-256 of a token in it; remove it and make another with "
                        "musterd token create",
                        file.string()));
    Kept kept;
    kept.info.name = file.filename();
    kept.info.role = *role;
    if (const auto created = base::parse_rfc3339(base::json_text(*object, "created"))) kept.info.created = *created;
    std::copy(hash.begin(), hash.end(), kept.hash.begin());
    return kept;
}

base::Result<void> Tokens::write(const Kept& kept) const {
    std::error_code code;
    std::filesystem::create_directories(folder_, code);
    if (code) return base::Error(fmt::format("{}: {}", folder_.string(), code.message()), code);
    const boost::json::object object{{"role", to_string(kept.info.role)},
                                     {"created", base::to_rfc3339(kept.info.created.value_or(base::Time()))},
                                     {"sha256", hex(kept.hash)}};
    return base::write_file_durably(folder_ / kept.info.name, boost::json::serialize(object) + "\n", 0600);
}

base::Result<Tokens> Tokens::open(std::filesystem::path folder, std::string_view first) {
    Tokens tokens;
    tokens.folder_ = std::move(folder);
    std::error_code code;
    for (const auto& entry : std::filesystem::directory_iterator(tokens.folder_, code)) {
        const auto name = entry.path().filename().string();
        if (!is_token_name(name)) continue;  // what a crash left half written begins with a dot
        auto kept = read(entry.path());
        if (!kept) return kept.error();
        tokens.kept_.push_back(std::move(*kept));
    }
    if (code && code != std::errc::no_such_file_or_directory)
        return base::Error(fmt::format("{}: {}", tokens.folder_.string(), code.message()), code);
    std::sort(tokens.kept_.begin(), tokens.kept_.end(),
              [](const Kept& one, const Kept& other) { return one.info.name < other.info.name; });
    Kept of_start;
    of_start.info.name = first_name;
    of_start.info.role = Role::admin;
    of_start.hash = hash_of(first);
    tokens.kept_.insert(tokens.kept_.begin(), std::move(of_start));
    return tokens;
}

const TokenInfo* Tokens::holder(std::string_view token) const {
    const auto given = hash_of(token);
    const TokenInfo* found = nullptr;
    for (const auto& kept : kept_) {
        if (CRYPTO_memcmp(kept.hash.data(), given.data(), given.size()) == 0) found = &kept.info;
    }
    return found;
}

std::vector<TokenInfo> Tokens::list() const {
    std::vector<TokenInfo> all;
    for (const auto& kept : kept_)
        all.push_back(kept.info);
    return all;
}

std::vector<Tokens::Kept>::iterator Tokens::find(const std::string& name) {
    return std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.info.name == name; });
}

base::Result<std::string> Tokens::create(const std::string& name, Role role, base::Time now) {
    if (!is_token_name(name))
        return invalid(fmt::format("\"{}\" is no name for a token: letters, digits, '.', '_' and '-', 64 at the most",
                                   name.substr(0, 64)));
    if (find(name) != kept_.end())
        return base::Error(fmt::format("there is a token \"{}\" already", name),
                           std::make_error_code(std::errc::file_exists));
    std::array<std::uint8_t, 32> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
        return base::Error("the kernel gives no random bytes");
    auto token = hex(random);
    const Kept kept{{name, role, now}, hash_of(token)};
    if (const auto written = write(kept); !written) return written.error();
    const auto place =
        std::find_if(kept_.begin() + 1, kept_.end(), [&](const Kept& other) { return other.info.name > name; });
    kept_.insert(place, kept);
    return token;
}

base::Result<void> Tokens::remove(const std::string& name) {
    const auto found = find(name);
    if (found == kept_.end())
        return base::Error(fmt::format("there is no token \"{}\"", name.substr(0, 64)),
                           std::make_error_code(std::errc::no_such_file_or_directory));
    if (name == first_name) return invalid("the first token is the file token in data_dir: replace it and restart");
    std::error_code code;
    std::filesystem::remove(folder_ / name, code);
    if (code) return base::Error(fmt::format("{}: {}", (folder_ / name).string(), code.message()), code);
    kept_.erase(found);
    return {};
}

}  // namespace musterd::api
