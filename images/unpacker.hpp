#pragma once

#include "images/byte_source.hpp"
#include "images/unpacked_head.hpp"

#include <memory>

namespace musterd::images {

/// Unpacks what is compressed in a part of a source, piece by piece: gzip, bzip2, lzma, xz and zstd; Compression::none
/// gives the bytes as they are.
class Unpacker {
public:
    /// `source` must outlive this. Errors: a compression that is not among these, a file that is not compressed so.
    static base::Result<Unpacker> open(const ByteSource& source, std::uint64_t offset, std::uint64_t length,
                                       Compression compression);
    Unpacker(Unpacker&&) noexcept;
    Unpacker& operator=(Unpacker&&) = delete;
    ~Unpacker();

    /// The next bytes, at most 1 MiB, good until the next call; empty at the end. Errors: damaged, as far as the format
    /// has checksums, or cut short.
    base::Result<base::ByteView> next();
    /// Bytes of the source that were read so far.
    [[nodiscard]] std::uint64_t consumed() const;

private:
    struct State;
    explicit Unpacker(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace musterd::images
