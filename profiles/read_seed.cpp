// The keys of a profile or host that name documents for its seed.
#include "profiles/written.hpp"

#include <fmt/format.h>

namespace musterd::profiles {

namespace {

std::vector<SeedFiles::Part> read_parts(base::TomlReader& reader, const Reading& file, const std::string& path,
                                        std::string_view key) {
    std::vector<SeedFiles::Part> parts;
    const auto array = reader.where(key);
    const auto names = reader.texts(key);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto where = file.map.item(array, i);
        auto part = file.seeds.read((file.folder / names[i]).lexically_normal(), true, where,
                                    path + "." + std::string(key) + ": ", file.problems);
        if (part) parts.push_back(std::move(part));
    }
    return parts;
}

}  // namespace

SeedFiles read_seed(base::TomlReader& reader, const Reading& file, const std::string& path) {
    SeedFiles seed;
    if (reader.has("user_data")) seed.user_data = read_parts(reader, file, path, "user_data");
    if (reader.has("vendor_data")) seed.vendor_data = read_parts(reader, file, path, "vendor_data");
    for (const auto& each : single_documents) {
        const auto name = reader.text(each.key);
        if (!name) continue;
        seed.*each.part =
            file.seeds.read((file.folder / *name).lexically_normal(), each.is_part, reader.where(each.key),
                            fmt::format("{}.{}: ", path, each.key), file.problems);
    }
    return seed;
}

}  // namespace musterd::profiles
