// BFB, the boot stream of BlueField cards: what is in the file, without reading more of it than the headers. There is
// no written specification; the rules are those of NVIDIA's mlx-mkbfb (bfscripts) and of the UEFI that loads the file.
//
// A file is a row of records: a header of three 64-bit little-endian words (or more, which are passed over), the
// image, zeros up to a multiple of 8.
//   word 0  magic 0x13026642 | major, minor (4 bits each) | reserved, next version, version (4 each) | words of the
//           header (4 bits, at bit 52) | id (8)
//   word 1  length of the image, unpadded (32) | CRC-32 over image and padding (32)
//   word 2  bitmap of the ids that follow, this one's own while another version of it follows
// The record whose bitmap is 0 is the last; what stands behind it is configuration for the installer (bf.cfg), put
// there with `cat`.
#pragma once

#include "images/byte_source.hpp"

#include <functional>
#include <string>
#include <vector>

namespace musterd::images {

inline constexpr std::uint32_t bfb_magic = 0x13026642;

/// Those that we look into; any other id from 0 to 63 is legal too.
enum class BfbId : std::uint8_t {
    bl2 = 1,
    bl31 = 3,
    bl33 = 5,
    info = 50,
    boot_args = 59,
    image = 62,
    initramfs = 63,
};

struct BfbRecord {
    std::uint8_t id = 0;
    std::uint8_t version = 0;     ///< 0 for all chips or BlueField-1, 1 BlueField-2, 2 BlueField-3
    std::uint64_t header_at = 0;  ///< offset of the header in the file
    std::uint64_t at = 0;         ///< offset of the image
    std::uint32_t length = 0;     ///< of the image, without padding
    std::uint32_t crc = 0;        ///< of image and padding
    std::uint64_t following = 0;  ///< the bitmap

    bool operator==(const BfbRecord&) const = default;
    /// Length of image and padding.
    [[nodiscard]] std::uint64_t padded() const { return (std::uint64_t{length} + 7) / 8 * 8; }
    /// For people: "initramfs v0 at offset 1234".
    [[nodiscard]] std::string to_string() const;
};

struct Bfb {
    std::vector<BfbRecord> records;  ///< in the order of the file; at least one; no two of the same id and version
    std::uint64_t trailer_at = 0;    ///< what stands behind the last record
    std::uint64_t trailer_length = 0;

    bool operator==(const Bfb&) const = default;
    [[nodiscard]] const BfbRecord* find(std::uint8_t id, std::uint8_t version) const;
    /// What a chip of this version takes: the highest version of the id that is not above its own. nullptr for none.
    [[nodiscard]] const BfbRecord* find_for(BfbId id, std::uint8_t chip_version) const;
    [[nodiscard]] bool has(BfbId id) const;
};

/// Whether bytes start as a BFB does.
bool is_bfb(base::ByteView head);

/// Reads all headers. Every length is held against the file's size, every bitmap against the records that follow.
/// Errors name the record and its offset. The images' CRCs are not looked at: check_crc().
base::Result<Bfb> read_bfb(const ByteSource& source);

/// Compares the CRC that an image and its padding were found to have with that of the header.
base::Result<void> check_crc(const BfbRecord& record, std::uint32_t found);

/// As mlx-mkbfb calls it: "initramfs"; "image_id_44" for an id that it does not know.
std::string bfb_name(std::uint8_t id);

}  // namespace musterd::images
