#pragma once

#include "server/base/result.hpp"

#include <string>
#include <string_view>

namespace musterd::api {

/// Where a GRUB image that deploy/loaders made keeps its server, in its configuration: this and padding up to
/// `server_width` bytes. GRUB itself cannot tell who served it: of a proxyDHCP answer it keeps nothing, and all that it
/// knows (net_default_server, net_efinet0_next_server, cmdpath) is the LAN's DHCP server, which gave the lease (tried
/// with Debian's GRUB 2.06 under AAVMF).
inline constexpr std::string_view server_marker = "@musterd-server@";
inline constexpr std::size_t server_width = 64;

/// Whether a loader of this name has the place to be filled in.
bool wants_server(std::string_view loader);

/// `loader` with `server` ("10.55.0.5:8080") in every such place, as long as before. It stays a sound EFI program: such
/// images are not signed. Errors: a server that does not fit, a loader with no place for it or a cut one.
base::Result<std::string> with_server(std::string loader, std::string_view server);

}  // namespace musterd::api
