#pragma once

#include "server/api/role.hpp"
#include "server/base/clock.hpp"
#include "server/base/result.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::api {

/// What is known of a token: never the token itself.
struct TokenInfo {
    std::string name;
    Role role = Role::read;
    std::optional<base::Time> created;  ///< nothing for the first one, which a file of data_dir holds
};

/// Who may use the API: the first token, of role admin, and those that were made for a name and a role. Of these only
/// the SHA-256 is kept, in a file each (0600): a token is 256 random bits, so there is nothing to guess from it.
class Tokens {
public:
    /// The name of the first token; it can be neither made nor removed.
    static constexpr std::string_view first_name = "token";

    /// Reads what is in `folder`, which need not be there yet. A file that cannot be understood is an error, not a
    /// token less: one who is locked out should hear it from the log.
    static base::Result<Tokens> open(std::filesystem::path folder, std::string_view first);

    /// Whose token this is. Compares with all of them, each in constant time.
    [[nodiscard]] const TokenInfo* holder(std::string_view token) const;
    /// By name, the first one first.
    [[nodiscard]] std::vector<TokenInfo> list() const;
    /// Makes a token and returns it; it is not to be had again. EINVAL: no name for one. EEXIST: there is one.
    base::Result<std::string> create(const std::string& name, Role role, base::Time now);
    /// ENOENT: there is none. EINVAL: it is the first one.
    base::Result<void> remove(const std::string& name);

private:
    using Hash = std::array<std::uint8_t, 32>;
    struct Kept {
        TokenInfo info;
        Hash hash{};
    };
    static Hash hash_of(std::string_view token);
    static base::Result<Kept> read(const std::filesystem::path& file);
    [[nodiscard]] base::Result<void> write(const Kept& kept) const;
    [[nodiscard]] std::vector<Kept>::iterator find(const std::string& name);

    std::filesystem::path folder_;
    std::vector<Kept> kept_;
};

/// A letter or digit, then letters, digits, '.', '_' and '-'; at most 64: it is the name of a file.
bool is_token_name(std::string_view name);

}  // namespace musterd::api
