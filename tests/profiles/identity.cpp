#include "profiles/identity.hpp"

#include "tests/support/command_output.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

using namespace musterd;
using namespace musterd::profiles;
using support::output_of;

namespace {

/// 00 01 02 … 1f
SiteKey counted() {
    SiteKey key{};
    for (std::size_t i = 0; i < key.size(); ++i)
        key[i] = static_cast<std::uint8_t>(i);
    return key;
}

}  // namespace

TEST_CASE("keys are derived as RFC 5869 A.3 has it") {
    CHECK(base::to_hex(derive(base::Bytes(22, 0x0b), {}, 42)) ==
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST_CASE("a host's identity is the same for ever: these were made by another program") {
    const auto identity = identity_of(counted(), "r640");
    CHECK(identity.machine_id == "4ba5a7be25ef41b99fda3db26f20479c");
    CHECK(identity.machine_id == machine_id_of(counted(), "r640"));
    CHECK(identity.node_password == "2a272c378f73433b80d39f5ecd64002d");
    CHECK(identity.ssh_public_key ==
          "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDK4h5NfAJyREKIL9uGb0Nkx7fM69khtjgjgfHLzJ3rV r640\n");
}

TEST_CASE("ssh-keygen reads the key, and finds the public one in it") {
    const support::TemporaryFolder folder;
    const auto file = (folder.path() / "key").string();
    for (const auto* host : {"r640", "a", "a.very-long.name-of-a-host.that-makes.the-padding.another"}) {
        CAPTURE(host);
        const auto identity = identity_of(counted(), host);
        std::ofstream(file) << identity.ssh_key;
        REQUIRE(::chmod(file.c_str(), 0600) == 0);
        CHECK(output_of("ssh-keygen -y -f " + file) == identity.ssh_public_key);
        CHECK(output_of("ssh-keygen -l -f " + file).find("(ED25519)") != std::string::npos);
    }
}

TEST_CASE("no two hosts and no two sites share anything") {
    std::set<std::string> all;
    auto other = counted();
    other[31] ^= 1;
    for (const auto& key : {counted(), other}) {
        for (const auto* host : {"a", "b"}) {
            const auto identity = identity_of(key, host);
            for (const auto& each : {identity.machine_id, identity.node_password, identity.ssh_key})
                CHECK(all.insert(each).second);
        }
    }
}

TEST_CASE("a site key is 64 hexadecimal digits") {
    const auto text = to_string(counted());
    CHECK(text == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    CHECK(*parse_site_key(" " + text + "\n") == counted());
    for (const auto& bad : {std::string(), text.substr(1), text + "0", "x" + text.substr(1), "-" + text.substr(1)}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_site_key(bad).has_value());
    }
}
