#include "images/one_pass.hpp"

#include <algorithm>

namespace musterd::images {

void OnePass::add(std::uint64_t offset, std::uint64_t length, Look look) {
    parts_.push_back({offset, length, std::move(look)});
}

void OnePass::pass(base::ByteView bytes) {
    const auto end = at_ + bytes.size();
    for (const auto& part : parts_) {
        const auto from = std::max(part.offset, at_);
        const auto until = std::min(part.offset + part.length, end);
        if (from < until) part.look(bytes.subspan(from - at_, until - from));
    }
    at_ = end;
}

}  // namespace musterd::images
