#include "images/signature.hpp"

#include <cstdint>

namespace musterd::images {

namespace {

constexpr std::size_t pe_offset_at = 0x3c;
constexpr std::size_t coff_header = 24;  // with the signature "PE\0\0"
constexpr std::uint16_t pe32 = 0x10b;
constexpr std::uint16_t pe32_plus = 0x20b;
constexpr std::size_t certificate_table = 4;

/// Little-endian, 0 past the end.
std::uint32_t number(base::ByteView bytes, std::size_t at, std::size_t width) {
    if (at > bytes.size() || bytes.size() - at < width) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = width; i-- > 0;)
        value = value << 8U | bytes[at + i];
    return value;
}

}  // namespace

bool has_signature(base::ByteView head) {
    constexpr std::uint32_t mz = 0x5a4d;
    constexpr std::uint32_t pe = 0x00004550;
    const std::size_t header = number(head, pe_offset_at, 4);
    if (number(head, 0, 2) != mz || number(head, header, 4) != pe) return false;
    const auto optional = header + coff_header;
    const auto magic = number(head, optional, 2);
    if (magic != pe32 && magic != pe32_plus) return false;
    const std::size_t directories = optional + (magic == pe32_plus ? 112 : 96);
    const auto count = number(head, directories - 4, 4);
    const auto entry = directories + certificate_table * 8;
    return count > certificate_table && number(head, entry, 4) != 0 && number(head, entry + 4, 4) != 0;
}

}  // namespace musterd::images
