#pragma once

#include "images/byte_source.hpp"

#include <algorithm>

namespace musterd::images {

/// Hands out a part of a source piece by piece, for a decoder to decode. `source` must outlive this.
class PackedInput {
public:
    PackedInput(const ByteSource& source, std::uint64_t offset, std::uint64_t length)
        : source_(source), start_(offset), at_(offset), end_(offset + length), buffer_(256U << 10U) {}

    /// Good until the next call; empty at the end.
    base::Result<base::ByteView> next() {
        const auto piece = std::span(buffer_).first(std::min<std::uint64_t>(buffer_.size(), end_ - at_));
        const auto done = source_.read(at_, piece);
        if (!done) return done.error();
        at_ += piece.size();
        return base::ByteView(piece);
    }
    /// Bytes handed out so far.
    [[nodiscard]] std::uint64_t consumed() const { return at_ - start_; }

private:
    const ByteSource& source_;
    std::uint64_t start_;
    std::uint64_t at_;
    std::uint64_t end_;
    base::Bytes buffer_;
};

/// Turns packed bytes into what they were.
class Decoder {
public:
    Decoder() = default;
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    virtual ~Decoder() = default;
    /// The next bytes, good until the next call; empty at the end, which is reached only if all was whole.
    virtual base::Result<base::ByteView> next() = 0;
};

}  // namespace musterd::images
