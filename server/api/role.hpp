#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace musterd::api {

/// What the holder of a token may do; each may all that those before it may.
enum class Role : std::uint8_t {
    read,     ///< see everything that is no secret
    operate,  ///< also order boots
    admin,    ///< also change hosts and tokens
};

namespace role_names {
inline constexpr std::array<std::string_view, 3> all{"read", "operate", "admin"};
}

constexpr std::string_view to_string(Role role) {
    return role_names::all[static_cast<std::size_t>(role)];
}

constexpr std::optional<Role> role_from(std::string_view name) {
    for (std::size_t i = 0; i < role_names::all.size(); ++i) {
        if (role_names::all[i] == name) return static_cast<Role>(i);
    }
    return std::nullopt;
}

}  // namespace musterd::api
