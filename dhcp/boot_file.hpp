#pragma once

#include "dhcp/decide.hpp"

#include <string>
#include <string_view>

namespace musterd::dhcp {

/// The longest name that the header's `file` holds beside its NUL.
inline constexpr std::size_t longest_file = Packet::file_width - 1;
/// The longest URL for option 67, which must end in a NUL and should not be split.
inline constexpr std::size_t longest_url = 254;

/// What to tell the client to fetch: for iPXE the script's URL, for HTTP Boot the disk's or the loader's URL with a
/// literal address, else the loader's TFTP name. Empty when there is nothing for it.
std::string boot_file(const Client& client, const Plan& plan, const ServerIdentity& server);

/// `path_and_query` shortened to `limit` bytes, `uuid` first, then parameter by parameter from the end. Never cuts the
/// path or a value: the result is longer than `limit` when the path is.
std::string drop_parameters(std::string_view path_and_query, std::size_t limit);

}  // namespace musterd::dhcp
