#include "server/boots/log_check.hpp"

#include "server/base/bytes.hpp"

#include <array>
#include <utility>
#include <vector>

namespace musterd::boots {

namespace {

constexpr std::size_t header_size = 32;
constexpr std::size_t frame_header_size = 24;
constexpr std::uint32_t magic = 0x377f0682;  // its last bit: whether checksums read words as big-endian

struct Checksum {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    bool operator==(const Checksum&) const = default;
};

std::uint32_t word(base::ByteView bytes, std::size_t at, bool big_endian) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(bytes[at + i]); };
    if (big_endian) return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
    return byte(3) << 24 | byte(2) << 16 | byte(1) << 8 | byte(0);
}

/// walChecksumBytes() of src/wal.c: pairs of words, each sum taking the other in.
Checksum add(Checksum sum, base::ByteView bytes, bool big_endian) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        sum.first += word(bytes, at, big_endian) + sum.second;
        sum.second += word(bytes, at + 4, big_endian) + sum.first;
    }
    return sum;
}

/// As much as there is; false when that is less.
bool read(std::istream& log, std::vector<std::uint8_t>& bytes) {
    log.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return static_cast<std::size_t>(log.gcount()) == bytes.size();
}

struct Header {
    bool good = false;
    bool big_endian = false;
    std::uint32_t page_size = 0;
    std::pair<std::uint32_t, std::uint32_t> salts;
    Checksum sum;
};

std::optional<Header> read_header(std::istream& log) {
    std::vector<std::uint8_t> bytes(header_size);
    if (!read(log, bytes)) return std::nullopt;
    Header header;
    header.big_endian = (word(bytes, 0, true) & 1U) != 0;
    header.page_size = word(bytes, 8, true);
    header.salts = {word(bytes, 16, true), word(bytes, 20, true)};
    header.sum = add({}, base::ByteView(bytes).first(24), header.big_endian);
    header.good =
        (word(bytes, 0, true) & ~1U) == magic && header.sum == Checksum{word(bytes, 24, true), word(bytes, 28, true)};
    const bool a_size =
        header.page_size >= 512 && header.page_size <= 65536 && (header.page_size & (header.page_size - 1)) == 0;
    if (!a_size) return std::nullopt;
    return header;
}

}  // namespace

LogState check_log(std::istream& log) {
    LogState state;
    const auto header = read_header(log);
    if (!header) return state;
    auto sum = header->sum;
    std::optional<std::uint64_t> bad;
    if (!header->good) bad = 0;
    std::vector<std::uint8_t> frame(frame_header_size + header->page_size);
    for (std::uint64_t at = header_size; read(log, frame); at += frame.size()) {
        const base::ByteView view(frame);
        const bool ours = std::pair{word(view, 8, true), word(view, 12, true)} == header->salts;
        const bool commit = word(view, 4, true) != 0;
        sum = add(add(sum, view.first(8), header->big_endian), view.subspan(frame_header_size), header->big_endian);
        const bool good = ours && sum == Checksum{word(view, 16, true), word(view, 20, true)};
        if (!bad && !good) bad = at;
        if (!bad) {
            ++state.frames;
            state.commits += commit ? 1U : 0U;
        } else if (ours && commit) {
            state.damaged_at = bad;
            return state;
        }
    }
    return state;
}

}  // namespace musterd::boots
