#include "http/tls_channel.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace musterd::http {

namespace {

/// The largest record (RFC 8446 5.1).
constexpr std::size_t record = 16 * 1024;

constexpr std::string_view wrong_port =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 39\r\nConnection: close\r\n\r\n"
    "this port speaks TLS: ask for https://\n";

class TlsChannel : public Channel {
public:
    TlsChannel(SSL_CTX& context, int socket) : socket_(socket), ssl_(SSL_new(&context), SSL_free) {
        if (ssl_) SSL_set_fd(ssl_.get(), socket);
        if (ssl_) SSL_set_accept_state(ssl_.get());
    }

    Moved greet() override {
        if (!ssl_) return {Moved::Kind::failed, 0, "TLS: no memory"};
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_.get());
        if (result == 1) return {Moved::Kind::bytes, 0, {}};
        auto moved = outcome(result);
        if (moved.reason.ends_with("http request")) {
            ::send(socket_, wrong_port.data(), wrong_port.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        return moved;
    }

    Moved receive(std::string& buffer) override {
        std::array<char, record> bytes;
        ERR_clear_error();
        const int count = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        if (count > 0) buffer.append(bytes.data(), static_cast<std::size_t>(count));
        return outcome(count);
    }

    /// A head and a short text are one record.
    Moved send(std::string_view first, std::string_view second, bool) override {
        std::array<char, record> bytes;
        const auto head = std::min(first.size(), bytes.size());
        const auto rest = std::min(second.size(), bytes.size() - head);
        std::copy_n(first.data(), head, bytes.data());
        std::copy_n(second.data(), rest, bytes.data() + head);
        return write(bytes.data(), head + rest);
    }

    /// Pieces begin where they began before a wait: what OpenSSL could not send it wants to see again.
    Moved send_file(const base::FileSlice& slice, std::size_t most) override {
        std::array<char, record> bytes;
        std::uint64_t done = 0;
        while (done < slice.length && done < most) {
            const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(slice.length - done, bytes.size()));
            const auto got = ::pread(slice.fd->get(), bytes.data(), wanted, static_cast<off_t>(slice.offset + done));
            if (got < 0) return {Moved::Kind::failed, 0, base::Error::from_errno("read").message()};
            if (static_cast<std::size_t>(got) < wanted) {
                return {Moved::Kind::failed, 0, "the file is shorter than it was"};
            }
            auto moved = write(bytes.data(), wanted);
            if (moved.kind != Moved::Kind::bytes && done == 0) return moved;
            if (moved.kind != Moved::Kind::bytes) break;
            done += moved.count;
        }
        return {Moved::Kind::bytes, static_cast<std::size_t>(done), {}};
    }

    Moved look() override {
        char byte = 0;
        ERR_clear_error();
        auto moved = outcome(SSL_peek(ssl_.get(), &byte, 1));
        if (moved.kind == Moved::Kind::wait_read || moved.kind == Moved::Kind::wait_write) return {};
        return moved;
    }

    void end() override {
        ERR_clear_error();
        if (ssl_ && !failed_ && !SSL_in_init(ssl_.get())) SSL_shutdown(ssl_.get());
        ::shutdown(socket_, SHUT_WR);
    }

private:
    Moved write(const char* bytes, std::size_t size) {
        ERR_clear_error();
        return outcome(SSL_write(ssl_.get(), bytes, static_cast<int>(size)));
    }

    Moved outcome(int result) {
        if (result > 0) return {Moved::Kind::bytes, static_cast<std::size_t>(result), {}};
        const int number = errno;
        switch (SSL_get_error(ssl_.get(), result)) {
            case SSL_ERROR_WANT_READ:
                return {Moved::Kind::wait_read, 0, {}};
            case SSL_ERROR_WANT_WRITE:
                return {Moved::Kind::wait_write, 0, {}};
            case SSL_ERROR_ZERO_RETURN:
                return {Moved::Kind::end, 0, {}};
            case SSL_ERROR_SYSCALL:
                failed_ = true;
                return number == 0 ? Moved{Moved::Kind::end, 0, {}} : moved_nothing(number, Moved::Kind::wait_read);
            default:
                failed_ = true;
                return {Moved::Kind::failed, 0, why()};
        }
    }

    /// "TLS: unknown ca": what the client told us, or what it did.
    static std::string why() {
        const char* const reason = ERR_reason_error_string(ERR_peek_error());
        return fmt::format("TLS: {}", reason == nullptr ? "the client does not speak it" : reason);
    }

    int socket_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
    bool failed_ = false;  ///< nothing more may be sent, not even the end (SSL_get_error(3))
};

}  // namespace

std::unique_ptr<Channel> tls_channel(SSL_CTX& context, int socket) {
    return std::make_unique<TlsChannel>(context, socket);
}

}  // namespace musterd::http
