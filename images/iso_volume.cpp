#include "images/iso_volume.hpp"

#include "images/iso_record.hpp"

#include <algorithm>
#include <string_view>

namespace musterd::images {

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t first_descriptor = 16;  // ECMA-119 6.2.1: 0 to 15 are the System Area
constexpr std::uint64_t most_descriptors = 64;

/// ECMA-119 8.1.1, table 4.
enum class DescriptorType : std::uint8_t { primary = 1, supplementary = 2, terminator = 255 };

std::string_view field(base::ByteView descriptor, std::size_t offset, std::size_t length) {
    return base::as_text(descriptor.subspan(offset, length));
}

/// Without the blanks that fill the field, and with '?' for what is not printable: it goes into messages and JSON.
std::string volume_id(std::string_view text) {
    text = text.substr(0, text.find('\0'));
    const auto last = text.find_last_not_of(' ');
    std::string id(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
    std::replace_if(
        id.begin(), id.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return id;
}

/// ECMA-119 8.4: block size at BP 129, root's directory record at BP 157. The same places in 8.5.
std::optional<IsoTree> tree_of(base::ByteView descriptor) {
    constexpr std::size_t root_record_length = 34;
    IsoTree tree;
    tree.block_size = iso_number(descriptor, 128, 2);
    const auto root = read_iso_record(descriptor.subspan(156, root_record_length));
    const bool known_size = tree.block_size == 512 || tree.block_size == 1024 || tree.block_size == 2048;
    if (!known_size || !root || !root->is_folder()) return std::nullopt;
    tree.root_offset = root->block * tree.block_size;
    tree.root_length = root->length;
    return tree;
}

/// Joliet specification, "Escape Sequences": UCS-2 level 1, 2 or 3 in a supplementary descriptor (8.5.6).
bool is_joliet(base::ByteView descriptor) {
    const auto sequences = field(descriptor, 88, 32);
    return sequences.starts_with("%/@"sv) || sequences.starts_with("%/C"sv) || sequences.starts_with("%/E"sv);
}

struct Found {
    std::optional<IsoVolume> volume;
    std::optional<IsoTree> joliet;
    bool iso = false;
    bool ended = false;  ///< the set terminator was seen
    bool udf = false;
};

void note_descriptor(base::ByteView descriptor, Found& found) {
    found.iso = true;
    const auto type = static_cast<DescriptorType>(descriptor[0]);
    if (type == DescriptorType::terminator) found.ended = true;
    if (type == DescriptorType::supplementary && !found.joliet && is_joliet(descriptor)) {
        found.joliet = tree_of(descriptor);
    }
    if (type != DescriptorType::primary || found.volume) return;
    const auto tree = tree_of(descriptor);
    if (!tree) return;
    // 8.4.8: volume space size in blocks, at BP 81.
    found.volume = IsoVolume{volume_id(field(descriptor, 40, 32)), iso_number(descriptor, 80, 4) * tree->block_size,
                             *tree, std::nullopt, false};
}

}  // namespace

base::Result<IsoVolume> read_iso_volume(const ByteSource& source) {
    Found found;
    for (auto number = first_descriptor; number < first_descriptor + most_descriptors; ++number) {
        if (!holds(source, number * iso_sector, iso_sector)) break;
        const auto sector = read_bytes(source, number * iso_sector, iso_sector);
        if (!sector) return sector.error();
        const auto standard = field(*sector, 1, 5);
        // ECMA-167 2/8.3: the volume recognition sequence of UDF stands behind, or instead of, ISO 9660's descriptors.
        const bool is_iso = standard == "CD001"sv && !found.ended;
        if (standard == "NSR02"sv || standard == "NSR03"sv) found.udf = true;
        if (is_iso) note_descriptor(*sector, found);
        const bool goes_on = is_iso || found.udf || standard == "CD001"sv || standard == "BEA01"sv;
        if (!goes_on || standard == "TEA01"sv) break;
    }
    if (!found.iso && found.udf) {
        return base::Error("a UDF image, without ISO 9660 beside it: UDF is not read; make it with xorriso or mkisofs");
    }
    if (!found.iso) return base::Error("not an ISO 9660 image: no volume descriptor (CD001) in sector 16");
    if (!found.volume) return base::Error("an ISO 9660 image whose primary volume descriptor is missing or damaged");
    found.volume->joliet = found.joliet;
    found.volume->udf = found.udf;
    return *found.volume;
}

}  // namespace musterd::images
