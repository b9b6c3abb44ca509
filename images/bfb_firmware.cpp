#include "images/bfb_firmware.hpp"

#include "server/base/json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::images {

namespace json = boost::json;

namespace {

/// The bundle is the one file of the image that does not boot.
const ImageFile* bundle_of(const Image& image) {
    const auto is = [&](const ImageFile& file) {
        const auto& initrds = image.initrds;
        return file.path != image.kernel && std::find(initrds.begin(), initrds.end(), file.path) == initrds.end();
    };
    const auto found = std::find_if(image.files.begin(), image.files.end(), is);
    return found == image.files.end() ? nullptr : &*found;
}

}  // namespace

base::Result<std::vector<Firmware>> firmware_of(const Store& store, const Image& image) {
    const auto* bundle = bundle_of(image);
    if (bundle == nullptr) return base::Error(fmt::format("image {} holds no BFB", image.digest));
    const auto slice = store.open_file(image, bundle->path);
    if (!slice) return slice.error();
    const FileSource source(*slice->fd, slice->length);
    const auto bfb = read_bfb(source);
    if (!bfb) return base::Error(fmt::format("{}: {}", bundle->path, bfb.error().message()));
    return read_bfb_info(source, *bfb);
}

std::string to_json(const Image& image, const std::vector<Firmware>& firmware) {
    json::array list;
    for (const auto& each : firmware) {
        list.push_back({{"name", each.name}, {"version", each.version}, {"software_id", each.software_id}});
    }
    auto object = json::parse(to_json(image)).as_object();
    object["firmware"] = std::move(list);
    return json::serialize(object);
}

}  // namespace musterd::images
