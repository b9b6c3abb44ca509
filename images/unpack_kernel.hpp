#pragma once

#include "images/byte_source.hpp"
#include "images/spool.hpp"
#include "images/unpacked_head.hpp"

namespace musterd::images {

/// Unpacks a kernel that no loader starts as it is (Ubuntu's and a BFB's arm64 kernels) into the spool. Errors: damaged
/// or cut short, a compression that Unpacker does not know, more than 512 MiB.
base::Result<Spool::File> unpack_kernel(Spool& spool, const ByteSource& source, std::uint64_t offset,
                                        std::uint64_t length, Compression compression);

}  // namespace musterd::images
