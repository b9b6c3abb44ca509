#pragma once

#include "server/base/bytes.hpp"
#include "server/base/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace musterd::profiles {

/// The secret that every host's identity comes from; made once for a site, kept with the data.
using SiteKey = std::array<std::uint8_t, 32>;

/// What a host without a disk would otherwise make up anew at each boot, and must not: K3s refuses a node whose
/// password has changed, ssh clients one whose key has, and networkd takes its DHCP identity from the machine id.
struct Identity {
    std::string machine_id;      ///< 32 hexadecimal digits, of the form that systemd makes (machine-id(5))
    std::string node_password;   ///< of K3s, 32 hexadecimal digits (pkg/agent/config, ensureNodePassword). Secret
    std::string ssh_key;         ///< Ed25519, as ssh-keygen writes it (OpenSSH PROTOCOL.key). Secret
    std::string ssh_public_key;  ///< one line, as in ssh_host_ed25519_key.pub
};

/// With words in place of the secrets.
Identity hidden(Identity identity);

/// The same for the same key and name for ever: HKDF-SHA256 (RFC 5869) of the key, with what it is for and the name as
/// its info.
Identity identity_of(const SiteKey& key, std::string_view host);

/// The machine id alone, which is much cheaper.
std::string machine_id_of(const SiteKey& key, std::string_view host);

/// HKDF-SHA256 without salt, at most 255 times 32 bytes.
base::Bytes derive(base::ByteView key, std::string_view info, std::size_t length);

/// 64 hexadecimal digits, white space round them.
base::Result<SiteKey> parse_site_key(std::string_view text);
std::string to_string(const SiteKey& key);

}  // namespace musterd::profiles
