#pragma once

#include "images/image.hpp"

#include <cstdint>

namespace musterd::images {

/// MiB of memory that a machine should have to boot the image: an estimate, to be compared with what the machine has
/// and to be shown, not a limit.
std::uint64_t ram_need_mib(const Image& image);

}  // namespace musterd::images
