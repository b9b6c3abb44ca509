#pragma once

#include "http/channel.hpp"
#include "server/base/result.hpp"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

struct ssl_ctx_st;

namespace musterd::http {

/// What a TLS listener proves itself with: a certificate with its chain and the key, each in a PEM file. TLS 1.2 and
/// 1.3 (RFC 8446), with OpenSSL's own choice of ciphers. Any thread.
class TlsIdentity {
public:
    /// The error names the file and the cure. Its code is that of the system where a file could not be read.
    static base::Result<std::shared_ptr<TlsIdentity>> load(const std::filesystem::path& certificate,
                                                           const std::filesystem::path& key);

    /// For a connection that was just accepted. Where the files have changed they are taken up first; files that are
    /// wrong leave everything as it was, and are complained of once.
    std::unique_ptr<Channel> channel(int socket);

private:
    using Context = std::shared_ptr<ssl_ctx_st>;
    struct Files {
        std::filesystem::path certificate;
        std::filesystem::path key;
    };
    TlsIdentity(Files files, Context context, std::string stamp);
    static base::Result<Context> read(const Files& files);
    static std::string stamp_of(const Files& files);

    Files files_;
    std::mutex mutex_;
    Context context_;
    std::string stamp_;  ///< of the files as they were last looked at
};

}  // namespace musterd::http
