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

TEST_CASE("a file that became shorter is an error, not zeros") {
    base::Fd fd(::memfd_create("shrinking", MFD_CLOEXEC));
    REQUIRE(::ftruncate(fd.get(), 1000) == 0);
    const int number = fd.get();
    auto slice = *base::whole_file(std::move(fd));
    REQUIRE(::ftruncate(number, 400) == 0);
    ReadAhead file(slice);
    CHECK(file.read(0, 400));
    CHECK_FALSE(file.read(0, 512));
}
