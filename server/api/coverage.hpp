#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace musterd::api {

/// Which bytes of a file a machine has, by however many requests for it or for ranges of it, in whatever order they
/// ended. Values only; at most `most_parts` ranges that do not touch are told apart, the shortest is forgotten then.
class Coverage {
public:
    static constexpr std::size_t most_parts = 64;

    /// One sending, from `offset` on: `acknowledged` bytes are known to have arrived, `handed` (no fewer) may have. Who
    /// goes on where the latter ended has them: nobody asks for the rest of what he has not.
    void add(std::uint64_t offset, std::uint64_t acknowledged, std::uint64_t handed);
    [[nodiscard]] std::uint64_t bytes() const;
    /// Every byte of a file of that size.
    [[nodiscard]] bool whole(std::uint64_t size) const;
    [[nodiscard]] bool has_start() const { return !parts_.empty() && parts_.front().begin == 0; }
    [[nodiscard]] bool empty() const { return parts_.empty(); }

private:
    struct Part {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;    ///< of what arrived
        std::uint64_t reach = 0;  ///< of what may have, `end` or behind it
    };
    std::vector<Part> parts_;  ///< sorted; no part begins within the reach of the one before
};

}  // namespace musterd::api
