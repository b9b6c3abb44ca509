#include "server/base/bytes.hpp"

#include "server/base/utf8.hpp"

#include <doctest/doctest.h>

using namespace musterd::base;

TEST_CASE("a reader gives network-order fields and latches the first read past the end") {
    const auto bytes = from_hex("01 0203 04050607 6162 00 ff");
    ByteReader reader(bytes);
    CHECK(reader.u8() == 1);
    CHECK(reader.u16() == 0x0203);
    CHECK(reader.u32() == 0x04050607);
    CHECK(reader.text_until_nul() == "ab");
    CHECK(reader.remaining() == 1);
    CHECK(reader.ok());
    CHECK(reader.u16() == 0);
    CHECK_FALSE(reader.ok());
    CHECK(reader.u8() == 0);  // the byte that was left is not given after a failure
}

TEST_CASE("text without its NUL is a failure") {
    const auto bytes = from_hex("6162");
    ByteReader reader(bytes);
    CHECK(reader.text_until_nul().empty());
    CHECK_FALSE(reader.ok());
}

TEST_CASE("what a writer wrote a reader reads") {
    ByteWriter writer;
    writer.u8(7);
    writer.u16(0xbeef);
    writer.u32(0xdeadc0de);
    writer.fixed(as_bytes("abc"), 5);
    writer.fixed(as_bytes("abcdefgh"), 2);
    CHECK(to_hex(writer.buffer()) == "07beefdeadc0de61626300006162");
    CHECK(writer.ok());
}

TEST_CASE("a writer with a limit latches and never writes past it") {
    ByteWriter writer(3);
    writer.u16(1);
    writer.u32(2);
    writer.u8(3);
    CHECK_FALSE(writer.ok());
    CHECK(to_hex(writer.buffer()) == "0001");
}

TEST_CASE("hex with an odd digit or another character is refused") {
    bool ok = true;
    for (const auto* text : {"1", "123", "1g", "1 2", "0x12"}) {
        CAPTURE(text);
        CHECK(from_hex(text, &ok).empty());
        CHECK_FALSE(ok);
    }
}

TEST_CASE("UTF-8 is told from what only looks like it") {
    for (const auto* good : {"", "plain", "ü€𝄞", "\xf4\x8f\xbf\xbf"})
        CHECK(is_utf8(good));
    for (const auto* bad : {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\xff"})
        CHECK_FALSE(is_utf8(bad));
}
