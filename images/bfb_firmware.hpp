#pragma once

#include "images/bfb_info.hpp"
#include "images/store.hpp"

#include <string>
#include <vector>

namespace musterd::images {

/// What firmware the bundle of an image of kind "bfb" brings, read from the stored file. Empty when the bundle does
/// not say.
base::Result<std::vector<Firmware>> firmware_of(const Store& store, const Image& image);

/// to_json() of the image, and then firmware: [{name, version, software_id}].
std::string to_json(const Image& image, const std::vector<Firmware>& firmware);

}  // namespace musterd::images
