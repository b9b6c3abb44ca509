#include "server/api/coverage.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace musterd;
using api::Coverage;

namespace {

struct Sending {
    std::uint64_t offset;
    std::uint64_t acknowledged;
    std::uint64_t handed;
};

Coverage of(const std::vector<Sending>& sendings) {
    Coverage coverage;
    for (const auto& [offset, acknowledged, handed] : sendings)
        coverage.add(offset, acknowledged, handed);
    return coverage;
}

}  // namespace

TEST_CASE("a file is whole when every byte of it was sent, in whatever pieces and order") {
    const struct {
        std::vector<Sending> sendings;
        std::uint64_t bytes;
        bool whole;
    } rows[] = {
        {{}, 0, false},
        {{{0, 100, 100}}, 100, true},
        {{{0, 99, 99}}, 99, false},
        {{{99, 1, 1}}, 1, false},
        {{{50, 50, 50}, {0, 50, 50}}, 100, true},
        {{{0, 40, 40}, {60, 40, 40}}, 80, false},
        {{{0, 40, 40}, {60, 40, 40}, {30, 40, 40}}, 100, true},
        // 40 acknowledged, 60 on their way: the client that goes on at 55 has had them.
        {{{0, 40, 60}, {55, 45, 45}}, 100, true},
        {{{55, 45, 45}, {0, 40, 60}}, 100, true},
        {{{0, 40, 60}, {61, 39, 39}}, 79, false},
        {{{0, 40, 100}}, 40, false},
        {{{0, 0, 0}, {0, 100, 100}}, 100, true},
    };
    for (const auto& row : rows) {
        const auto coverage = of(row.sendings);
        CHECK(coverage.bytes() == row.bytes);
        CHECK(coverage.whole(100) == row.whole);
    }
}

TEST_CASE("a file that is read here and there takes little memory, and the end is found all the same") {
    Coverage coverage;
    for (std::uint64_t i = 1; i < 10'000; ++i)
        coverage.add(i * 1000, 10, 10);
    CHECK(coverage.bytes() == Coverage::most_parts * 10);
    coverage.add(0, 10'000'000, 10'000'000);
    CHECK(coverage.whole(10'000'000));
    CHECK(coverage.has_start());
}
