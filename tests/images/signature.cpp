#include "images/signature.hpp"

#include "server/base/fd.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::images;

namespace {

void put(base::Bytes& bytes, std::size_t at, std::uint32_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i)
        bytes.at(at + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

/// The headers of an EFI program, with a certificate table of that size.
base::Bytes program(std::uint32_t certificates, std::uint16_t magic = 0x20b, std::uint32_t directories = 16) {
    base::Bytes bytes(1024, 0);
    put(bytes, 0, 0x5a4d, 2);
    put(bytes, 0x3c, 0x80, 4);
    put(bytes, 0x80, 0x4550, 4);
    const std::size_t optional = 0x80 + 24;
    put(bytes, optional, magic, 2);
    const std::size_t first = optional + (magic == 0x20b ? 112 : 96);
    put(bytes, first - 4, directories, 4);
    put(bytes, first + 32, certificates == 0 ? 0 : 0x1000, 4);
    put(bytes, first + 36, certificates, 4);
    return bytes;
}

}  // namespace

TEST_CASE("a program is signed when its certificate table holds something") {
    CHECK(has_signature(program(2000)));
    CHECK(has_signature(program(2000, 0x10b)));
    CHECK_FALSE(has_signature(program(0)));
    CHECK_FALSE(has_signature(program(2000, 0x107)));
    CHECK_FALSE(has_signature(program(2000, 0x20b, 4)));
}

TEST_CASE("what is cut or no program at all is not signed") {
    const auto whole = program(2000);
    const std::size_t end = 0x80 + 24 + 112 + 40;
    for (std::size_t size = 0; size < end; ++size)
        CHECK_FALSE(has_signature(base::ByteView(whole).first(size)));
    CHECK(has_signature(base::ByteView(whole).first(end)));
    auto far = whole;
    put(far, 0x3c, 0xffffffff, 4);
    CHECK_FALSE(has_signature(far));
}

TEST_CASE("Debian's installer kernel is signed") {
    const auto kernel =
        base::read_file("/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64/linux", 64U << 20U);
    REQUIRE_MESSAGE(kernel, "run deploy/setup lab");
    CHECK(has_signature(base::as_bytes(*kernel).first(signature_bytes)));
}
