#include "server/api/boot_file.hpp"

#include "server/api/script_desk.hpp"
#include "tests/support/overlay_reader.hpp"
#include "tests/support/slice_text.hpp"
#include "tests/support/test_site.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using support::text_of;

namespace {

const std::string server = "http://10.55.0.5:8080";

const api::Asker asker{"10.55.0.101", server, "http"};

/// Path and text of every file of an overlay.
std::map<std::string, std::string> files_of(const std::string& bytes) {
    std::map<std::string, std::string> files;
    support::read_overlay(bytes, [&files](archive_entry* entry, const std::string& text) {
        if (archive_entry_filetype(entry) == AE_IFREG) files.emplace(archive_entry_pathname(entry), text);
    });
    return files;
}

std::string start_boot(support::TestSite& test) {
    REQUIRE(api::serve_script(test.site(), {{{"mac", "52:54:00:00:00:01"}}, "10.55.0.101", server}));
    return test.events().back().boot;
}

}  // namespace

TEST_CASE("a boot's files are the image's, by what they are for") {
    support::TestSite test;
    const auto boot = start_boot(test);
    const auto kernel = api::open_by_path(test.site(), "boot/" + boot + "/kernel", asker);
    REQUIRE(kernel);
    CHECK(kernel->slice.length == 4096);
    CHECK(kernel->host == "r640");
    CHECK(kernel->name == "kernel");
    CHECK(kernel->slice.etag == test.image().file("linux")->sha256);
    CHECK(api::open_by_path(test.site(), "/boot/" + boot + "/initrd", asker)->slice.length == 102);
    for (const auto* missing :
         {"initrd1", "initrd0", "initrd01", "root", "linux", "../token", "initrd999999999999999999999"}) {
        CAPTURE(missing);
        const auto file = api::open_by_path(test.site(), "boot/" + boot + "/" + missing, asker);
        REQUIRE_FALSE(file);
        CHECK(file.error().code() == std::errc::no_such_file_or_directory);
    }
}

TEST_CASE("the overlay says who the machine is and whom to tell") {
    support::TestSite test;
    const auto boot = start_boot(test);
    const auto overlay = api::open_file_of_boot(test.site(), boot, "overlay", asker);
    REQUIRE(overlay);
    const auto found = files_of(text_of(overlay->slice));
    CHECK(found.size() == 1);
    CHECK(found.at(".initrd-secrets/run/musterd/boot.json") ==
          "{\"boot\":\"" + boot + "\",\"host\":\"r640\",\"url\":\"" + server + "/boot/" + boot +
              "\",\"image\":\"demo@" + test.image().digest + "\",\"mac\":\"52:54:00:00:00:01\"}\n");
}

TEST_CASE("the overlay has the host's identity where its profile gives one, and then it is for its own machine only") {
    support::TestSite test({}, *boots::open_sqlite_journal({}),
                           "[[host]]\nname = 'node'\nmac = '52:54:00:00:00:21'\nprofile = 'node'\n",
                           "[profile.node]\nimage = 'demo'\nidentity = true\n");
    REQUIRE(api::serve_script(test.site(), {{{"mac", "52:54:00:00:00:21"}}, "10.55.0.101", server}));
    const auto boot = test.events().back().boot;
    const auto overlay = api::open_file_of_boot(test.site(), boot, "overlay", asker);
    REQUIRE(overlay);
    const auto identity = profiles::identity_of({}, "node");
    const auto found = files_of(text_of(overlay->slice));
    const std::string folder = ".initrd-secrets/run/musterd/";
    CHECK(found.size() == 5);
    CHECK(found.at(folder + "machine-id") == identity.machine_id + "\n");
    CHECK(found.at(folder + "node-password") == identity.node_password + "\n");
    CHECK(found.at(folder + "ssh_host_ed25519_key") == identity.ssh_key);
    CHECK(found.at(folder + "ssh_host_ed25519_key.pub") == identity.ssh_public_key);

    const auto path = "boot/" + boot + "/overlay";
    const auto spied = api::open_by_path(test.site(), path, {"10.55.0.66", server, "tftp"});
    REQUIRE_FALSE(spied);
    CHECK(spied.error().code() == std::errc::permission_denied);
    CHECK(test.events().back().kind == base::EventKind::file_refused);
    CHECK(test.events().back().details.at("protocol") == "tftp");
    CHECK(api::open_by_path(test.site(), "boot/" + boot + "/kernel", {"10.55.0.66", server, "tftp"}).has_value());

    base::Event up;
    up.kind = base::EventKind::up;
    up.host = "node";
    up.boot = boot;
    REQUIRE(test.boots().record(up));
    CHECK_FALSE(api::open_file_of_boot(test.site(), boot, "overlay", asker).has_value());
}

TEST_CASE("loaders go by bare name and by path, and nothing beside them can be had") {
    support::TestSite test;
    CHECK(api::open_by_path(test.site(), "snponly.efi", asker)->slice.length == 9);
    CHECK(api::open_by_path(test.site(), "/boot/loader/snponly.efi", asker)->name == "snponly.efi");
    for (const auto* bad : {"", "/", "missing.efi", "../source/linux", "../../etc/passwd", "boot", "boot/", "boot/x",
                            "images/x", "images/x/y"}) {
        CAPTURE(bad);
        CHECK_FALSE(api::open_by_path(test.site(), bad, asker));
    }
}

TEST_CASE("files of an image go by digest and path") {
    support::TestSite test;
    const auto file = api::open_by_path(test.site(), "images/" + test.image().digest + "/initrd", asker);
    REQUIRE(file);
    CHECK(file->slice.length == 102);
    CHECK(file->boot.empty());
    CHECK_FALSE(api::open_by_path(test.site(), "images/" + test.image().digest + "/../../token", asker));
    CHECK_FALSE(api::open_by_path(test.site(), "images/" + std::string(64, '0') + "/linux", asker));
}

TEST_CASE("a boot keeps the image it began with when the name moves on") {
    support::TestSite test;
    const auto boot = start_boot(test);
    const support::TemporaryFolder other;
    std::ofstream(other.path() / "linux") << support::small_kernel() << "newer";
    std::ofstream(other.path() / "initrd") << support::small_initrd();
    REQUIRE(images::import_folder(test.site().store(), {other.path(), "demo", {}, {}, {}}));
    CHECK(api::open_file_of_boot(test.site(), boot, "kernel", asker)->slice.length == 4096);
    const auto next = start_boot(test);
    CHECK(api::open_file_of_boot(test.site(), next, "kernel", asker)->slice.length == 4101);
}
