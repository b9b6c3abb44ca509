#include "images/unpack_kernel.hpp"

#include "images/unpacker.hpp"

#include <fmt/format.h>

namespace musterd::images {

namespace {

/// Kernels have some 10 to 60 MB; a bomb is to end somewhere.
constexpr std::uint64_t most_kernel_bytes = 512U << 20U;

}  // namespace

base::Result<Spool::File> unpack_kernel(Spool& spool, const ByteSource& source, std::uint64_t offset,
                                        std::uint64_t length, Compression compression) {
    auto unpacker = Unpacker::open(source, offset, length, compression);
    if (!unpacker) return base::Error(fmt::format("its kernel {}", unpacker.error().message()));
    std::uint64_t size = 0;
    return spool.fill([&]() -> base::Result<base::ByteView> {
        auto piece = unpacker->next();
        if (!piece) return base::Error(fmt::format("its kernel {}", piece.error().message()));
        size += piece->size();
        if (size > most_kernel_bytes) return base::Error("its kernel unpacks to more than 512 MiB");
        return piece;
    });
}

}  // namespace musterd::images
