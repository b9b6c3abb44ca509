#include "server/api/boot_file.hpp"

#include "server/api/script_desk.hpp"
#include "tests/support/slice_text.hpp"
#include "tests/support/test_site.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>

using namespace musterd;
using support::text_of;

namespace {

const std::string server = "http://10.55.0.5:8080";

std::string start_boot(support::TestSite& test) {
    REQUIRE(api::serve_script(test.site(), {{{"mac", "52:54:00:00:00:01"}}, "10.55.0.101", server}));
    return test.events().back().boot;
}

}  // namespace

TEST_CASE("a boot's files are the image's, by what they are for") {
    support::TestSite test;
    const auto boot = start_boot(test);
    const auto kernel = api::open_by_path(test.site(), "boot/" + boot + "/kernel", server);
    REQUIRE(kernel);
    CHECK(kernel->slice.length == 4096);
    CHECK(kernel->host == "r640");
    CHECK(kernel->name == "kernel");
    CHECK(kernel->slice.etag == test.image().file("linux")->sha256);
    CHECK(api::open_by_path(test.site(), "/boot/" + boot + "/initrd", server)->slice.length == 102);
    for (const auto* missing :
         {"initrd1", "initrd0", "initrd01", "root", "linux", "../token", "initrd999999999999999999999"}) {
        CAPTURE(missing);
        const auto file = api::open_by_path(test.site(), "boot/" + boot + "/" + missing, server);
        REQUIRE_FALSE(file);
        CHECK(file.error().code() == std::errc::no_such_file_or_directory);
    }
}

TEST_CASE("the overlay says who the machine is and whom to tell") {
    support::TestSite test;
    const auto boot = start_boot(test);
    const auto overlay = api::open_file_of_boot(test.site(), boot, "overlay", server);
    REQUIRE(overlay);
    const auto bytes = text_of(overlay->slice);
    archive* reader = archive_read_new();
    archive_read_support_filter_gzip(reader);
    archive_read_support_format_cpio(reader);
    REQUIRE(archive_read_open_memory(reader, bytes.data(), bytes.size()) == ARCHIVE_OK);
    archive_entry* entry = nullptr;
    std::string found;
    while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
        if (std::string_view(archive_entry_pathname(entry)) != ".initrd-secrets/run/musterd/boot.json") continue;
        found.resize(static_cast<std::size_t>(archive_entry_size(entry)));
        archive_read_data(reader, found.data(), found.size());
    }
    archive_read_free(reader);
    CHECK(found == "{\"boot\":\"" + boot + "\",\"host\":\"r640\",\"url\":\"" + server + "/boot/" + boot +
                       "\",\"image\":\"demo@" + test.image().digest + "\",\"mac\":\"52:54:00:00:00:01\"}\n");
}

TEST_CASE("loaders go by bare name and by path, and nothing beside them can be had") {
    support::TestSite test;
    CHECK(api::open_by_path(test.site(), "snponly.efi", server)->slice.length == 9);
    CHECK(api::open_by_path(test.site(), "/boot/loader/snponly.efi", server)->name == "snponly.efi");
    for (const auto* bad : {"", "/", "missing.efi", "../source/linux", "../../etc/passwd", "boot", "boot/", "boot/x",
                            "images/x", "images/x/y"}) {
        CAPTURE(bad);
        CHECK_FALSE(api::open_by_path(test.site(), bad, server));
    }
}

TEST_CASE("files of an image go by digest and path") {
    support::TestSite test;
    const auto file = api::open_by_path(test.site(), "images/" + test.image().digest + "/initrd", server);
    REQUIRE(file);
    CHECK(file->slice.length == 102);
    CHECK(file->boot.empty());
    CHECK_FALSE(api::open_by_path(test.site(), "images/" + test.image().digest + "/../../token", server));
    CHECK_FALSE(api::open_by_path(test.site(), "images/" + std::string(64, '0') + "/linux", server));
}

TEST_CASE("a boot keeps the image it began with when the name moves on") {
    support::TestSite test;
    const auto boot = start_boot(test);
    const support::TemporaryFolder other;
    std::ofstream(other.path() / "linux") << support::small_kernel() << "newer";
    std::ofstream(other.path() / "initrd") << support::small_initrd();
    REQUIRE(images::import_folder(test.site().store(), {other.path(), "demo", {}, {}, {}}));
    CHECK(api::open_file_of_boot(test.site(), boot, "kernel", server)->slice.length == 4096);
    const auto next = start_boot(test);
    CHECK(api::open_file_of_boot(test.site(), next, "kernel", server)->slice.length == 4101);
}
