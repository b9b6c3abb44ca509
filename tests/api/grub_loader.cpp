#include "server/api/grub_loader.hpp"

#include "server/api/boot_file.hpp"
#include "tests/support/slice_text.hpp"
#include "tests/support/test_site.hpp"

#include <doctest/doctest.h>

using namespace musterd;

namespace {

/// As deploy/loaders writes it.
std::string place() {
    std::string made(api::server_marker);
    made.resize(api::server_width, '_');
    return made;
}

}  // namespace

TEST_CASE("a GRUB image is told its server in place, and keeps its length") {
    const auto told = api::with_server("MZ\nset server=" + place() + "\nfor\n", "10.55.0.5:8080");
    REQUIRE(told);
    CHECK(*told == "MZ\nset server=10.55.0.5:8080" + std::string(api::server_width - 14, ' ') + "\nfor\n");
}

TEST_CASE("every place is filled, also two in a row and one at the end") {
    const auto told = api::with_server(place() + place() + "x" + place(), "a");
    REQUIRE(told);
    const auto filled = "a" + std::string(api::server_width - 1, ' ');
    CHECK(*told == filled + filled + "x" + filled);
}

TEST_CASE("a loader without the place, one that is cut in it, and a server too long for it are refused") {
    CHECK_FALSE(api::with_server("MZ", "10.55.0.5:8080"));
    CHECK_FALSE(api::with_server("MZ" + place().substr(0, api::server_width - 1), "10.55.0.5:8080"));
    CHECK_FALSE(api::with_server(place(), std::string(api::server_width + 1, 'x')));
    CHECK(api::with_server(place(), std::string(api::server_width, 'x')));
}

TEST_CASE("only loaders of our own making are touched") {
    CHECK(api::wants_server("grubaa64-musterd.efi"));
    for (const auto* other : {"grubaa64.efi", "snponly.efi", "grub", "x-musterd.efi", "grubaa64-musterd.efi.old", ""})
        CHECK_FALSE(api::wants_server(other));
}

TEST_CASE("a machine that fetches GRUB by TFTP or HTTP gets it with the address that it reached us by") {
    support::TestSite test;
    const auto& folder = test.site().configuration().config().loaders;
    std::ofstream(folder / "grubaa64-musterd.efi") << "MZ" << place() << "ZM";
    std::ofstream(folder / "grubold-musterd.efi") << "MZ of someone else";
    for (const auto* server : {"http://10.55.0.5:8080", "http://[fd55::5]:8080"}) {
        const auto file = api::open_by_path(test.site(), "grubaa64-musterd.efi", {"", server, "tftp"});
        REQUIRE(file);
        const auto bytes = support::text_of(file->slice);
        CHECK(bytes.size() == 2 + api::server_width + 2);
        CHECK(bytes.starts_with("MZ" + std::string(server).substr(7) + "  "));
        CHECK(bytes.ends_with("  ZM"));
    }
    CHECK_FALSE(api::open_loader_file(test.site(), "grubold-musterd.efi", "http://10.55.0.5:8080"));
}
