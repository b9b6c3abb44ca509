#pragma once

#include "server/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace musterd::base {

/// "1GiB", "512MiB", "64KiB", "2TiB", in powers of 1024, or a bare number of bytes.
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace musterd::base
