#include "server/api/coverage.hpp"

#include <algorithm>

namespace musterd::api {

void Coverage::add(std::uint64_t offset, std::uint64_t acknowledged, std::uint64_t handed) {
    const auto by_begin = [](const Part& one, const Part& other) { return one.begin < other.begin; };
    const Part added{offset, offset + acknowledged, offset + std::max(acknowledged, handed)};
    parts_.insert(std::upper_bound(parts_.begin(), parts_.end(), added, by_begin), added);
    std::vector<Part> merged;
    for (const auto& part : parts_) {
        if (!merged.empty() && part.begin <= merged.back().reach) {
            merged.back().end = std::max(merged.back().end, part.end);
            merged.back().reach = std::max(merged.back().reach, part.reach);
        } else {
            merged.push_back(part);
        }
    }
    const auto shorter = [](const Part& one, const Part& other) {
        return one.end - one.begin < other.end - other.begin;
    };
    if (merged.size() > most_parts) merged.erase(std::min_element(merged.begin(), merged.end(), shorter));
    parts_ = std::move(merged);
}

std::uint64_t Coverage::bytes() const {
    std::uint64_t sum = 0;
    for (const auto& part : parts_)
        sum += part.end - part.begin;
    return sum;
}

bool Coverage::whole(std::uint64_t size) const {
    return parts_.size() == 1 && has_start() && parts_.front().end >= size;
}

}  // namespace musterd::api
