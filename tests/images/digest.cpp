#include "images/digest.hpp"

#include <doctest/doctest.h>

using namespace musterd;

TEST_CASE("SHA-256 gives the digests of FIPS 180-4's examples") {
    CHECK(images::sha256({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(images::sha256(base::as_bytes("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(images::sha256(base::as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("a digest does not depend on how the bytes were cut, and starts afresh after finish") {
    images::Sha256 digest;
    for (int round = 0; round < 2; ++round) {
        digest.update(base::as_bytes("a"));
        digest.update({});
        digest.update(base::as_bytes("bc"));
        CHECK(digest.finish() == images::sha256(base::as_bytes("abc")));
    }
}
