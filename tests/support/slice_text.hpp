#pragma once

#include "server/base/fd.hpp"

#include <unistd.h>

#include <stdexcept>
#include <string>

namespace musterd::support {

/// The bytes of a slice.
inline std::string text_of(const base::FileSlice& slice) {
    std::string text(slice.length, '\0');
    const auto count = ::pread(slice.fd->get(), text.data(), text.size(), static_cast<off_t>(slice.offset));
    if (count != static_cast<ssize_t>(text.size())) throw std::runtime_error("the slice is shorter than it says");
    return text;
}

}  // namespace musterd::support
