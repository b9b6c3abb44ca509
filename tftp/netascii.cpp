#include "tftp/netascii.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace musterd::tftp {

namespace {

constexpr std::size_t at_once = 256U << 10U;

}  // namespace

void append_netascii(base::Bytes& out, base::ByteView in) {
    for (const auto byte : in) {
        if (byte == '\n') out.push_back('\r');
        out.push_back(byte);
        if (byte == '\r') out.push_back('\0');
    }
}

base::Result<NetasciiConversion> NetasciiConversion::of(base::FileSlice file) {
    if (file.length > largest) return base::Error("File too large for netascii, ask for octet");
    return NetasciiConversion(std::move(file));
}

base::Result<bool> NetasciiConversion::step() {
    base::Bytes piece(static_cast<std::size_t>(std::min<std::uint64_t>(at_once, file_.length - done_)));
    if (piece.empty()) return false;
    const auto count = ::pread(file_.fd->get(), piece.data(), piece.size(), static_cast<off_t>(file_.offset + done_));
    if (count < 0 && errno == EINTR) return true;
    if (count < 0) return base::Error::from_errno("read");
    if (count == 0) return base::Error("the file became shorter while it was read");
    done_ += static_cast<std::uint64_t>(count);
    append_netascii(converted_, base::ByteView(piece).first(static_cast<std::size_t>(count)));
    return done_ < file_.length;
}

base::Result<base::FileSlice> NetasciiConversion::finish() {
    const auto bytes = std::exchange(converted_, {});
    return base::slice_of_bytes(bytes);
}

}  // namespace musterd::tftp
