// An ISO 9660 image put together by hand, for what no writer makes: several extents, loops, damage.
#pragma once

#include "images/iso9660.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace musterd::images::test {

inline void put_little(std::string& bytes, std::size_t at, std::uint32_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) {
        bytes[at + i] = static_cast<char>(value >> 8U * i);
    }
}

/// ECMA-119 9.1. Only the little-endian halves are filled.
inline std::string iso_record(const std::string& name, std::uint32_t block, std::uint32_t length, unsigned flags = 0,
                              const std::string& system_use = "") {
    std::string record(33, '\0');
    put_little(record, 2, block, 4);
    put_little(record, 10, length, 4);
    record[25] = static_cast<char>(flags);
    record[32] = static_cast<char>(name.size());
    record += name;
    if (name.size() % 2 == 0) record += '\0';
    record += system_use;
    if (record.size() % 2 != 0) record += '\0';
    record[0] = static_cast<char>(record.size());
    return record;
}

inline constexpr unsigned folder_flag = 2;
inline constexpr unsigned more_flag = 0x80;

/// A SUSP entry, version 1.
inline std::string susp(const std::string& signature, const std::string& data) {
    return signature + static_cast<char>(data.size() + 4) + '\x01' + data;
}
/// What makes a root one with Rock Ridge: SP, and PX of a folder.
inline std::string susp_root(unsigned skip = 0) {
    return susp("SP", std::string("\xbe\xef") + static_cast<char>(skip)) +
           susp("PX", std::string("\xed\x41", 2) + std::string(30, '\0'));
}

/// gzip of arm64's header as a stored block (RFC 1951 3.2.4), with its CRC-32 and length behind it (RFC 1952 2.3.1).
inline std::string packed_arm64() {
    const auto kernel = arm64_image();
    std::uint32_t crc = 0xffffffffU;
    for (const char c : kernel) {
        crc ^= static_cast<std::uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit) {
            crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
        }
    }
    auto packed = std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x40\0\xbf\xff", 15) + kernel + std::string(8, '\0');
    put_little(packed, packed.size() - 8, ~crc, 4);
    put_little(packed, packed.size() - 4, static_cast<std::uint32_t>(kernel.size()), 4);
    return packed;
}

class IsoSketch {
public:
    /// Primary descriptor in sector 16, terminator in 17, root folder of `root_sectors` in 18.
    explicit IsoSketch(std::uint32_t sectors = 64, std::uint32_t root_sectors = 1)
        : bytes_(sectors * 2048, '\0'), root_sectors_(root_sectors) {
        bytes_.replace(16 * 2048, 7,
                       std::string("\x01"
                                   "CD001"
                                   "\x01",
                                   7));
        bytes_.replace(16 * 2048 + 40, 32, "SKETCH" + std::string(26, ' '));
        put_little(bytes_, 16 * 2048 + 80, sectors, 4);
        put_little(bytes_, 16 * 2048 + 128, 2048, 2);
        bytes_.replace(16 * 2048 + 156, 34, iso_record(std::string(1, '\0'), 18, root_sectors * 2048, folder_flag));
        bytes_.replace(17 * 2048, 7,
                       std::string("\xff"
                                   "CD001"
                                   "\x01",
                                   7));
    }

    /// The records of the folder in `sector`, behind its "." and "..". `self` is the "." record's System Use area.
    IsoSketch& folder(std::uint32_t sector, const std::string& records, const std::string& self = "") {
        const auto length = sector == 18 ? root_sectors_ * 2048 : 2048;
        auto all = iso_record(std::string(1, '\0'), sector, length, folder_flag, self) +
                   iso_record("\x01", 18, 2048, folder_flag) + records;
        REQUIRE(all.size() <= length);
        return put(sector, all);
    }
    IsoSketch& root(const std::string& records, const std::string& self = "") { return folder(18, records, self); }
    IsoSketch& put(std::uint32_t sector, const std::string& text) {
        bytes_.replace(sector * 2048, text.size(), text);
        return *this;
    }

    std::string& bytes() { return bytes_; }
    [[nodiscard]] base::Result<IsoIndex> index() const { return index_of(bytes_); }

    static base::Result<IsoIndex> index_of(const std::string& bytes) {
        return read_iso_index(MemorySource(base::as_bytes(bytes)));
    }

private:
    std::string bytes_;
    std::uint32_t root_sectors_;
};

}  // namespace musterd::images::test
