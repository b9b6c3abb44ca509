#include "tftp/read_ahead.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

using namespace musterd;
using tftp::ReadAhead;

namespace {

base::Bytes pattern(std::size_t size) {
    base::Bytes bytes(size);
    std::uint32_t state = 1;
    for (auto& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<std::uint8_t>(state >> 24U);
    }
    return bytes;
}

}  // namespace

TEST_CASE("blocks read forward and back are the file's bytes") {
    const auto bytes = pattern(700'000);
    auto slice = *base::slice_of_bytes(bytes);
    slice.offset = 1000;
    slice.length = 600'000;
    ReadAhead file(slice);
    for (const std::size_t offset : {0UL, 1468UL, 130'000UL, 131'000UL, 129'000UL, 599'000UL, 10UL, 599'999UL}) {
        const auto length = std::min<std::size_t>(1468, 600'000 - offset);
        CAPTURE(offset);
        const auto read = file.read(offset, length);
        REQUIRE(read);
        CHECK(std::equal(read->begin(), read->end(), bytes.begin() + 1000 + static_cast<std::ptrdiff_t>(offset)));
    }
    CHECK(file.read(600'000, 0));
    CHECK_FALSE(file.read(600'000, 1));
    CHECK_FALSE(file.read(599'000, 1468));
}

TEST_CASE("windows and blocks of several readers are each file's own bytes") {
    const auto bytes = pattern(300'000);
    const auto others = pattern(299'000);
    const base::Bytes reversed(others.rbegin(), others.rend());
    ReadAhead one(*base::slice_of_bytes(bytes));
    ReadAhead other(*base::slice_of_bytes(reversed));
    for (const std::size_t length : {94'000UL, 512UL, ReadAhead::large, ReadAhead::large - 1, 1468UL, 128'000UL}) {
        for (const std::size_t offset : {0UL, 1000UL, 100'000UL, 0UL}) {
            CAPTURE(length);
            CAPTURE(offset);
            const auto place = static_cast<std::ptrdiff_t>(offset);
            const auto first = one.read(offset, length);
            REQUIRE(first);
            CHECK(std::equal(first->begin(), first->end(), bytes.begin() + place));
            const auto second = other.read(offset, length);
            REQUIRE(second);
            CHECK(std::equal(second->begin(), second->end(), reversed.begin() + place));
        }
    }
}

TEST_CASE("a file that became shorter is an error, not zeros") {
    base::Fd fd(::memfd_create("shrinking", MFD_CLOEXEC));
    REQUIRE(::ftruncate(fd.get(), 1000) == 0);
    const int number = fd.get();
    auto slice = *base::whole_file(std::move(fd));
    REQUIRE(::ftruncate(number, 400) == 0);
    ReadAhead file(slice);
    CHECK(file.read(0, 400));
    CHECK_FALSE(file.read(0, 512));
    CHECK_FALSE(file.read(0, 1000));
}
