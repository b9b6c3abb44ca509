#pragma once

#include "server/base/bytes.hpp"
#include "server/base/fd.hpp"
#include "server/base/result.hpp"

#include <cstdint>

namespace musterd::tftp {

/// The netascii form of bytes (RFC 1350 1, RFC 764): LF is CR LF, a CR is CR NUL, all else stays.
void append_netascii(base::Bytes& out, base::ByteView in);

/// A file made netascii in memory, a step at a time, so that whoever does it can do other things between. The length of
/// the result is not known before, and going back in it needs it whole, which is why it is not done while sending.
class NetasciiConversion {
public:
    static constexpr std::uint64_t largest = 16U << 20U;  ///< bytes of the file; its result has up to twice as many

    /// The error, for a larger file, is fit to be told to the client.
    static base::Result<NetasciiConversion> of(base::FileSlice file);

    /// About a millisecond of work. False when all is done.
    base::Result<bool> step();
    /// After the last step.
    base::Result<base::FileSlice> finish();

private:
    explicit NetasciiConversion(base::FileSlice file) : file_(std::move(file)) {}

    base::FileSlice file_;
    std::uint64_t done_ = 0;
    base::Bytes converted_;
};

}  // namespace musterd::tftp
