#include "images/bfb.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace musterd::images {

namespace {

constexpr std::size_t header_bytes = 24;
constexpr unsigned most_ids = 64;  // as many as the bitmap has bits

std::uint64_t word(base::ByteView header, std::size_t index) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;)
        value = value << 8U | header[index * 8 + i];
    return value;
}

/// `width` bits of a word from bit `from` on.
std::uint32_t bits(std::uint64_t word, unsigned from, unsigned width) {
    return static_cast<std::uint32_t>(word >> from & ((std::uint64_t{1} << width) - 1));
}

std::uint64_t bit_of(std::uint8_t id) {
    return std::uint64_t{1} << id;
}

base::Error at_offset(std::uint64_t offset, std::string_view what) {
    return base::Error(fmt::format("BFB header at offset {}: {}", offset, what));
}

base::Error of_record(const BfbRecord& record, std::string_view what) {
    return base::Error(fmt::format("BFB image {}: {}", record.to_string(), what));
}

/// What word 0 says that we do not go by, and can yet be wrong: headers have no CRC.
std::string problem_of(std::uint64_t first) {
    const auto magic = bits(first, 0, 32);
    if (magic != bfb_magic) return fmt::format("magic number {:#010x}, not {:#010x}", magic, bfb_magic);
    const auto major = bits(first, 32, 4);
    const auto minor = bits(first, 36, 4);
    if (major != 1 || minor > 2) return fmt::format("format {}.{}; 1.0 to 1.2 are known", major, minor);
    if (bits(first, 40, 4) != 0) return "reserved bits are set";
    if (bits(first, 52, 4) < 3) return fmt::format("a header of {} words; it has at least 3", bits(first, 52, 4));
    if (bits(first, 56, 8) >= most_ids) return fmt::format("image id {}; the highest is 63", bits(first, 56, 8));
    return {};
}

base::Result<BfbRecord> read_record(const ByteSource& source, std::uint64_t offset) {
    const auto left = source.size() - offset;
    if (left < header_bytes) return at_offset(offset, fmt::format("cut short, {} bytes of {}", left, header_bytes));
    std::array<std::uint8_t, header_bytes> header{};
    const auto read = source.read(offset, header);
    if (!read) return at_offset(offset, read.error().message());
    const auto first = word(header, 0);
    const auto problem = problem_of(first);
    if (!problem.empty()) return at_offset(offset, problem);

    BfbRecord record;
    record.id = static_cast<std::uint8_t>(bits(first, 56, 8));
    record.version = static_cast<std::uint8_t>(bits(first, 48, 4));
    record.header_at = offset;
    record.at = offset + std::uint64_t{bits(first, 52, 4)} * 8;
    record.length = bits(word(header, 1), 0, 32);
    record.crc = bits(word(header, 1), 32, 32);
    record.following = word(header, 2);
    if (record.at > source.size() || record.padded() > source.size() - record.at) {
        return of_record(record, fmt::format("cut short: it needs {} bytes up to offset {}, and the file has {}",
                                             record.padded(), record.at + record.padded(), source.size()));
    }
    return record;
}

std::vector<std::string> names_of(std::uint64_t bitmap) {
    std::vector<std::string> names;
    for (std::uint8_t id = 0; id < most_ids; ++id) {
        if ((bitmap & bit_of(id)) != 0) names.push_back(bfb_name(id));
    }
    return names;
}

/// From the end to the start, each bitmap must be the ids of the records behind it.
base::Result<void> check_bitmaps(const std::vector<BfbRecord>& records) {
    std::uint64_t behind = 0;
    for (auto record = records.rbegin(); record != records.rend(); ++record) {
        const auto missing = record->following & ~behind;
        const auto unannounced = behind & ~record->following;
        if (missing != 0) {
            return of_record(*record, fmt::format("says that {} follows, which does not; the file is cut short or "
                                                  "put together wrongly",
                                                  fmt::join(names_of(missing), ", ")));
        }
        if (unannounced != 0) {
            return of_record(*record, fmt::format("does not say that {} follows, which does",
                                                  fmt::join(names_of(unannounced), ", ")));
        }
        behind |= bit_of(record->id);
    }
    return {};
}

}  // namespace

std::string BfbRecord::to_string() const {
    return fmt::format("{} v{} at offset {}", bfb_name(id), version, header_at);
}

const BfbRecord* Bfb::find(std::uint8_t id, std::uint8_t version) const {
    const auto is = [&](const BfbRecord& each) { return each.id == id && each.version == version; };
    const auto found = std::find_if(records.begin(), records.end(), is);
    return found == records.end() ? nullptr : &*found;
}

const BfbRecord* Bfb::find_for(BfbId id, std::uint8_t chip_version) const {
    const BfbRecord* best = nullptr;
    for (const auto& record : records) {
        if (record.id != static_cast<std::uint8_t>(id) || record.version > chip_version) continue;
        if (best == nullptr || record.version > best->version) best = &record;
    }
    return best;
}

bool Bfb::has(BfbId id) const {
    return find_for(id, 15) != nullptr;
}

bool is_bfb(base::ByteView head) {
    return head.size() >= 4 && head[0] == 0x42 && head[1] == 0x66 && head[2] == 0x02 && head[3] == 0x13;
}

base::Result<Bfb> read_bfb(const ByteSource& source) {
    Bfb bfb;
    std::uint64_t offset = 0;
    bool more = true;
    // The end of the file is an end too; if images were to follow, the bitmaps say so.
    while (more && (offset < source.size() || bfb.records.empty())) {
        const auto record = read_record(source, offset);
        if (!record) return record.error();
        if (bfb.find(record->id, record->version) != nullptr) {
            return of_record(*record, "there is one of that version already");
        }
        bfb.records.push_back(*record);
        offset = record->at + record->padded();
        more = record->following != 0;
    }
    const auto checked = check_bitmaps(bfb.records);
    if (!checked) return checked.error();
    bfb.trailer_at = offset;
    bfb.trailer_length = source.size() - offset;
    return bfb;
}

base::Result<void> check_crc(const BfbRecord& record, std::uint32_t found) {
    if (found == record.crc) return {};
    return of_record(record,
                     fmt::format("damaged: its CRC is {:#010x}, and the header says {:#010x}", found, record.crc));
}

}  // namespace musterd::images
