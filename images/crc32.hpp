#pragma once

#include "server/base/bytes.hpp"

#include <cstdint>

namespace musterd::images {

/// CRC-32 of IEEE 802.3 as zlib has it (reflected, polynomial 0x04C11DB7), of bytes that come piece by piece.
class Crc32 {
public:
    void update(base::ByteView bytes);
    [[nodiscard]] std::uint32_t value() const { return ~state_; }

private:
    std::uint32_t state_ = 0xffffffff;
};

}  // namespace musterd::images
