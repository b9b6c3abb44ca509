#pragma once

#include "server/base/bytes.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace musterd::images {

/// Lets parts of a file be looked at while the file is read once, from its start to its end. Parts may overlap.
class OnePass {
public:
    using Look = std::function<void(base::ByteView)>;

    /// `look` hears the `length` bytes from `offset` on, piece by piece.
    void add(std::uint64_t offset, std::uint64_t length, Look look);
    /// The next bytes of the file.
    void pass(base::ByteView bytes);

private:
    struct Part {
        std::uint64_t offset;
        std::uint64_t length;
        Look look;
    };
    std::vector<Part> parts_;
    std::uint64_t at_ = 0;
};

}  // namespace musterd::images
