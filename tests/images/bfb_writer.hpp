// Writes BFB files for tests, as mlx-mkbfb does when it creates one.
#pragma once

#include "images/bfb.hpp"
#include "images/crc32.hpp"

#include <string>
#include <vector>

namespace musterd::images::test {

struct BfbPart {
    BfbId id = BfbId::info;
    unsigned version = 0;
    std::string content;
};

inline std::string little_endian(std::uint64_t value) {
    std::string bytes;
    for (int i = 0; i < 8; ++i, value >>= 8U)
        bytes += static_cast<char>(value & 0xffU);
    return bytes;
}

inline std::string padded(std::string content) {
    content.resize((content.size() + 7) / 8 * 8);
    return content;
}

inline std::uint32_t crc_of(const std::string& bytes) {
    Crc32 crc;
    crc.update(base::as_bytes(bytes));
    return crc.value();
}

/// The three words of a header. `next` is the version of the next record of the same id.
inline std::string bfb_header(const BfbPart& part, unsigned next, std::uint64_t following, unsigned minor = 2) {
    const std::uint64_t upper =
        1U | minor << 4U | next << 12U | part.version << 16U | 3U << 20U | static_cast<unsigned>(part.id) << 24U;
    const std::uint64_t crc = crc_of(padded(part.content));
    return little_endian(upper << 32U | bfb_magic) + little_endian(crc << 32U | part.content.size()) +
           little_endian(following);
}

inline std::string write_bfb(const std::vector<BfbPart>& parts) {
    std::string file;
    std::uint64_t following = 0;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        unsigned next = 0;
        for (auto later = parts.rbegin(); later != part; ++later) {
            if (later->id == part->id) next = later->version;
        }
        file.insert(0, bfb_header(*part, next, following) + padded(part->content));
        following |= std::uint64_t{1} << static_cast<unsigned>(part->id);
    }
    return file;
}

}  // namespace musterd::images::test
