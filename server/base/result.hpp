// server/base: what every room stands on. Results, bytes, addresses, files, time, diagnostics, TOML reading, tasks,
// datagrams and events. It is not a place for things that know DHCP, TFTP, HTTP or what a boot is.
// Specs: RFC 3339 (time), RFC 4122 (UUID order), ULID (boot ids), openat2(2) (paths beneath a folder), ip(7)
// (IP_PKTINFO).
#pragma once

#include <boost/system/result.hpp>

#include <cerrno>
#include <concepts>
#include <ostream>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace musterd::base {

/// Something that a peer, a file or a person caused: what went wrong, in words that name the thing and the cure.
/// `code` is the kernel's or a library's reason where there was one, else empty.
class Error {
public:
    Error() = default;
    explicit Error(std::string message, std::error_code code = {}) : message_(std::move(message)), code_(code) {}

    /// "what: reason of errno", as in "open /x: No such file or directory".
    static Error from_errno(std::string_view what, int number = errno);

    [[nodiscard]] const std::string& message() const { return message_; }
    [[nodiscard]] std::error_code code() const { return code_; }

private:
    std::string message_;
    std::error_code code_;
};

[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

/// Value or Error. Test with `if (!result)`, read with `*result`, `result->`, `result.error()`.
/// boost::system::result with plain conversions: its own become explicit wherever an Error could be made of the value,
/// as it could of any text.
template <class T>
class Result : public boost::system::result<T, Error> {
    using Base = boost::system::result<T, Error>;

public:
    template <class U = T>
    requires(std::convertible_to<U, T> && !std::derived_from<std::remove_cvref_t<U>, Error> &&
             !std::derived_from<std::remove_cvref_t<U>, Base>) Result(U&& value)
        : Base(boost::system::in_place_value, std::forward<U>(value)) {}
    Result(Error error) : Base(boost::system::in_place_error, std::move(error)) {}
    Result() = default;
};

template <>
class Result<void> : public boost::system::result<void, Error> {
    using Base = boost::system::result<void, Error>;

public:
    Result() = default;
    Result(Error error) : Base(boost::system::in_place_error, std::move(error)) {}
};

/// For messages of tests: the error's words, or "value". (boost's own operator would print the value, which few have.)
template <class T>
std::ostream& operator<<(std::ostream& out, const Result<T>& result) {
    return out << (result.has_error() ? result.error().message() : std::string("value"));
}

}  // namespace musterd::base
