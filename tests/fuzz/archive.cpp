// Bytes as a tar archive in any compressor: nothing may crash, and every path and target that is let through stays
// inside an image.
#include "images/archive_path.hpp"
#include "images/image.hpp"
#include "images/import_archive.hpp"
#include "images/tar_reader.hpp"

#include <cstdlib>

using namespace musterd;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void check_entry(const images::TarEntry& entry) {
    const auto path = images::entry_path(entry.path);
    if (!path) return;
    must(path->empty() || images::is_path(*path));
    const auto target = images::link_target(*path, entry.target);
    if (target) must(target->empty() || images::is_path(*target));
}

void read_all(images::TarReader& reader) {
    constexpr std::size_t enough = 32U << 20U;
    for (std::size_t read = 0; read < enough;) {
        const auto entry = reader.next();
        if (!entry || !*entry) return;
        check_entry(**entry);
        while (read < enough) {
            const auto piece = reader.data();
            if (!piece || piece->empty()) break;
            read += piece->size();
        }
        ++read;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteView bytes(data, size);
    const images::MemorySource source(bytes);
    const auto compression = images::tar_compression(bytes).value_or(images::Compression::none);
    auto unpacker = images::Unpacker::open(source, 0, size, compression);
    if (!unpacker) return 0;
    auto reader = images::TarReader::open(*unpacker);
    if (reader) read_all(*reader);
    return 0;
}
