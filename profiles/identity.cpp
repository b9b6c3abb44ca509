#include "profiles/identity.hpp"

#include "profiles/filters.hpp"
#include "profiles/secret.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>

namespace musterd::profiles {

namespace {

constexpr std::string_view key_type = "ssh-ed25519";
constexpr std::size_t seed_size = 32;

using KeyPointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using ContextPointer = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;

/// What of OpenSSL fails only when memory does, or the library lacks what every build of it has.
void must(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
}

base::Bytes public_key(base::ByteView seed) {
    const KeyPointer key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
                         &EVP_PKEY_free);
    must(key != nullptr, "no Ed25519 in OpenSSL");
    base::Bytes made(seed_size);
    auto size = made.size();
    must(EVP_PKEY_get_raw_public_key(key.get(), made.data(), &size) == 1, "no public key");
    return made;
}

/// RFC 4251 5.
void put_string(base::ByteWriter& writer, base::ByteView bytes) {
    writer.u32(static_cast<std::uint32_t>(bytes.size()));
    writer.bytes(bytes);
}

base::Bytes public_blob(base::ByteView key) {
    base::ByteWriter writer;
    put_string(writer, base::as_bytes(key_type));
    put_string(writer, key);
    return writer.release();
}

base::Bytes private_part(base::ByteView seed, base::ByteView key, std::string_view comment) {
    constexpr std::size_t block = 8;  // of the cipher "none"
    base::ByteWriter writer;
    // Two times the same number, by which a reader sees that it has decrypted rightly.
    const auto check = base::ByteReader(key).u32();
    writer.u32(check);
    writer.u32(check);
    put_string(writer, base::as_bytes(key_type));
    put_string(writer, key);
    base::Bytes both(seed.begin(), seed.end());
    both.insert(both.end(), key.begin(), key.end());
    put_string(writer, both);
    put_string(writer, base::as_bytes(comment));
    for (std::uint8_t pad = 1; writer.size() % block != 0; ++pad)
        writer.u8(pad);
    return writer.release();
}

std::string base64(base::ByteView bytes) {
    return for_base64(base::as_text(bytes));
}

/// OpenSSH PROTOCOL.key, unencrypted.
std::string private_file(base::ByteView seed, base::ByteView key, std::string_view comment) {
    constexpr std::string_view magic("openssh-key-v1\0", 15);
    constexpr std::size_t width = 70;
    base::ByteWriter writer;
    writer.bytes(base::as_bytes(magic));
    put_string(writer, base::as_bytes("none"));
    put_string(writer, base::as_bytes("none"));
    put_string(writer, {});
    writer.u32(1);
    put_string(writer, public_blob(key));
    put_string(writer, private_part(seed, key, comment));
    const auto text = base64(writer.release());
    std::string file = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
    for (std::size_t at = 0; at < text.size(); at += width)
        file += text.substr(at, width) + "\n";
    return file + "-----END OPENSSH PRIVATE KEY-----\n";
}

std::string info(std::string_view purpose, std::string_view host) {
    return fmt::format("musterd {} {}", purpose, host);
}

}  // namespace

base::Bytes derive(base::ByteView key, std::string_view info, std::size_t length) {
    const ContextPointer context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr), &EVP_PKEY_CTX_free);
    const auto info_bytes = base::as_bytes(info);
    base::Bytes made(length);
    const bool done =
        context && EVP_PKEY_derive_init(context.get()) == 1 &&
        EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) == 1 &&
        EVP_PKEY_CTX_set1_hkdf_key(context.get(), key.data(), static_cast<int>(key.size())) == 1 &&
        EVP_PKEY_CTX_add1_hkdf_info(context.get(), info_bytes.data(), static_cast<int>(info_bytes.size())) == 1 &&
        EVP_PKEY_derive(context.get(), made.data(), &length) == 1 && length == made.size();
    must(done, "no HKDF in OpenSSL");
    return made;
}

std::string machine_id_of(const SiteKey& key, std::string_view host) {
    auto bytes = derive(key, info("machine-id", host), 16);
    // Of version 4 and variant 1, as systemd makes them (libsystemd/sd-id128/id128-util.c).
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
    return base::to_hex(bytes);
}

Identity identity_of(const SiteKey& key, std::string_view host) {
    const auto seed = derive(key, info("ssh-ed25519", host), seed_size);
    const auto public_bytes = public_key(seed);
    return {machine_id_of(key, host), base::to_hex(derive(key, info("k3s node password", host), 16)),
            private_file(seed, public_bytes, host),
            fmt::format("{} {} {}\n", key_type, base64(public_blob(public_bytes)), host)};
}

Identity hidden(Identity identity) {
    identity.node_password = hidden_secret;
    identity.ssh_key = std::string(hidden_secret) + "\n";
    return identity;
}

base::Result<SiteKey> parse_site_key(std::string_view text) {
    constexpr std::string_view white = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(white), text.size()));
    text = text.substr(0, text.find_last_not_of(white) + 1);
    SiteKey key{};
    if (text.size() != 2 * key.size()) return base::Error("not a site key: 64 hexadecimal digits are");
    for (std::size_t i = 0; i < key.size(); ++i) {
        const auto* const digits = text.data() + 2 * i;
        const auto [end, code] = std::from_chars(digits, digits + 2, key[i], 16);
        if (code != std::errc{} || end != digits + 2) return base::Error("not a site key: 64 hexadecimal digits are");
    }
    return key;
}

std::string to_string(const SiteKey& key) {
    return base::to_hex(key);
}

}  // namespace musterd::profiles
