#include "http/tls_identity.hpp"

#include "http/tls_channel.hpp"
#include "server/base/fd.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <utility>

namespace musterd::http {

namespace {

using Path = std::filesystem::path;

template <auto release>
struct Release {
    void operator()(auto* object) const { release(object); }
};
using Bio = std::unique_ptr<BIO, Release<BIO_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;

constexpr std::size_t largest_pem = 1U << 20U;

base::Result<std::string> read_pem(const Path& path, std::string_view setting) {
    auto text = base::read_file(path, largest_pem);
    if (text) return text;
    const auto code = text.error().code();
    std::string cure;
    if (code == std::errc::no_such_file_or_directory) cure = fmt::format("; is {} spelled right?", setting);
    if (code == std::errc::permission_denied) cure = "; let the user that musterd runs as read it";
    return base::Error(fmt::format("{}: {}{}", setting, text.error().message(), cure), code);
}

Bio bio_of(const std::string& text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// A passphrase would be asked for on a terminal that a service has not.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

/// The first certificate is the server's, what follows it leads to the authority.
base::Result<void> use_certificates(SSL_CTX& context, const Path& path) {
    const auto text = read_pem(path, "api.tls_cert");
    if (!text) return text.error();
    const auto bio = bio_of(*text);
    const Certificate own(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
    if (!own || SSL_CTX_use_certificate(&context, own.get()) != 1) {
        return base::Error(
            fmt::format("api.tls_cert: {} holds no certificate that can be used; it must be PEM, the "
                        "server's own certificate first, then those of its authorities",
                        path.string()));
    }
    if (X509_cmp_current_time(X509_get0_notAfter(own.get())) < 0) {
        spdlog::warn("api.tls_cert: the certificate in {} has expired: clients will refuse it", path.string());
    }
    while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
        if (SSL_CTX_add1_chain_cert(&context, next.get()) != 1) break;
    }
    return {};
}

base::Result<void> use_key(SSL_CTX& context, const Path& path, const Path& certificate) {
    const auto text = read_pem(path, "api.tls_key");
    if (!text) return text.error();
    const auto bio = bio_of(*text);
    const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    if (!key && text->find("ENCRYPTED") != std::string::npos) {
        return base::Error(
            fmt::format("api.tls_key: {0} is locked with a passphrase; unlock it: openssl pkey -in {0} "
                        "-out unlocked.key",
                        path.string()));
    }
    if (!key) return base::Error(fmt::format("api.tls_key: {} holds no private key in PEM", path.string()));
    // It compares with the certificate.
    if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1 || SSL_CTX_check_private_key(&context) != 1) {
        return base::Error(
            fmt::format("api.tls_key: the key in {} is not the one of the certificate in {}; take the "
                        "pair that was made together",
                        path.string(), certificate.string()));
    }
    return {};
}

void set_up(SSL_CTX& context) {
    SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
    // Clients close without a word of TLS; Content-Length says whether a body was whole.
    SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                      SSL_OP_CIPHER_SERVER_PREFERENCE);
    // An idle connection gives its 34 KiB of buffers back.
    SSL_CTX_set_mode(&context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(&context, no_passphrase);
}

std::string stamp_of_file(const Path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return "-";
    return fmt::format("{} {} {} {}", status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace

TlsIdentity::TlsIdentity(Files files, Context context, std::string stamp)
    : files_(std::move(files)), context_(std::move(context)), stamp_(std::move(stamp)) {
}

std::string TlsIdentity::stamp_of(const Files& files) {
    return stamp_of_file(files.certificate) + " " + stamp_of_file(files.key);
}

base::Result<TlsIdentity::Context> TlsIdentity::read(const Files& files) {
    const Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (!context) return base::Error("TLS: OpenSSL has no memory");
    set_up(*context);
    auto used = use_certificates(*context, files.certificate);
    if (used) used = use_key(*context, files.key, files.certificate);
    ERR_clear_error();
    if (!used) return used.error();
    return context;
}

base::Result<std::shared_ptr<TlsIdentity>> TlsIdentity::load(const Path& certificate, const Path& key) {
    Files files{certificate, key};
    auto stamp = stamp_of(files);
    auto context = read(files);
    if (!context) return context.error();
    return std::shared_ptr<TlsIdentity>(new TlsIdentity(std::move(files), std::move(*context), std::move(stamp)));
}

std::unique_ptr<Channel> TlsIdentity::channel(int socket) {
    const std::lock_guard lock(mutex_);
    if (auto stamp = stamp_of(files_); stamp != stamp_) {
        stamp_ = std::move(stamp);
        auto fresh = read(files_);
        if (fresh) context_ = std::move(*fresh);
        if (fresh) spdlog::info("TLS: took up {} and {}", files_.certificate.string(), files_.key.string());
        if (!fresh) spdlog::error("TLS: {}; the old pair stays in use", fresh.error().message());
    }
    return tls_channel(*context_, socket);
}

}  // namespace musterd::http
