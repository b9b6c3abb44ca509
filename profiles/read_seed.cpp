// The keys of a profile or host that name documents for its seed.
#include "profiles/written.hpp"

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
    if (const auto name = reader.text("network_config")) {
        seed.network_config =
            file.seeds.read((file.folder / *name).lexically_normal(), false, reader.where("network_config"),
                            path + ".network_config: ", file.problems);
    }
    return seed;
}

}  // namespace musterd::profiles
