#include "server/api/script_desk.hpp"
#include "tests/api/test_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

using namespace musterd;
using support::TestServer;
using Events = std::vector<base::Event>;

namespace {

const std::string disk_mac = "52:54:00:00:00:10";
const std::string program_mac = "52:54:00:00:00:11";
constexpr std::uint64_t disk_size = 1U << 20U;

/// Hosts "rescue" and "tool" boot a disk image and an EFI program for amd64.
struct DiskSite {
    support::TestSite test{
        {},
        support_journal(),
        "[[host]]\nname = \"rescue\"\nmac = [\"52:54:00:00:00:10\"]\nprofile = \"rescue\"\n"
        "[[host]]\nname = \"tool\"\nmac = [\"52:54:00:00:00:11\"]\nprofile = \"tool\"\n",
        "[profile.rescue]\ninherits = \"linux\"\nimage = \"rescue\"\n"
        "[profile.tool]\ninherits = \"linux\"\nimage = \"tool\"\nargs = [\"-nostartup\", \"id={{boot.id}}\"]\n"};
    TestServer server{test};

    DiskSite() {
        std::string disk(disk_size, '\0');
        disk.replace(512, 8, "EFI PART");
        import("rescue", disk);
        std::string program(4096, '\0');
        program.replace(0, 2, "MZ");
        program.replace(0x3c, 1, "\x80");
        program.replace(0x80, 6, std::string("PE\0\0\x64\x86", 6));
        program.replace(0x94, 2, "\xf0");
        program.replace(0x98, 2, "\x0b\x02");
        program.replace(0x98 + 68, 1, "\x0a");
        import("tool", program);
    }

    http::Response get(const std::string& range = {}, const std::string& method = "GET",
                       const std::string& mac = disk_mac) {
        http::Request request;
        request.method = method;
        request.path = "/boot/disk.img";
        request.query = {{"mac", mac}, {"arch", "amd64"}};
        if (!range.empty()) request.headers["range"] = range;
        request.peer = "10.55.0.101";
        request.local = "10.55.0.5";
        request.local_port = 8080;
        http::Response answer;
        server.router()(request, [&](http::Response response) { answer = std::move(response); });
        return answer;
    }

    std::size_t boots_started() {
        const auto events = test.events();
        return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [](const auto& event) {
            return event.kind == base::EventKind::boot_started;
        }));
    }

private:
    static std::unique_ptr<boots::Journal> support_journal() {
        auto journal = boots::open_sqlite_journal({});
        REQUIRE(journal);
        return std::move(*journal);
    }

    void import(const std::string& name, const std::string& bytes) {
        const auto file = folder_.path() / (name + ".bin");
        std::ofstream(file) << bytes;
        images::ImportRequest request;
        request.source = file;
        request.name = name;
        const auto imported = images::import_source(test.site().store(), request);
        REQUIRE_MESSAGE(imported.has_value(), name);
    }

    support::TemporaryFolder folder_;
};

api::ScriptRequest of(const std::string& mac, std::string arch = "amd64") {
    return {{{"mac", mac}, {"arch", std::move(arch)}}, "10.55.0.101", "http://10.55.0.5:8080"};
}

boots::Stage stage(DiskSite& site, const std::string& host) {
    return site.test.boots().roll().hosts.at(host).stage;
}

}  // namespace

TEST_CASE("UEFI HTTP Boot gets a disk image at once: HEAD mints no boot, GET does, the rest of it goes on with that") {
    DiskSite site;
    const auto head = site.get({}, "HEAD");
    CHECK(head.status == 200);
    CHECK(std::get<base::FileSlice>(head.body).length == disk_size);
    CHECK(site.boots_started() == 0);
    const auto whole = site.get();
    CHECK(site.boots_started() == 1);
    whole.on_end({1000, disk_size, 0, disk_size, false, {}, "the client left", 500});
    CHECK(stage(site, "rescue") == boots::Stage::script);
    const auto rest = site.get("bytes=1400-1048575");
    CHECK(site.boots_started() == 1);
    rest.on_end({disk_size - 1400, disk_size - 1400, 1400, disk_size, true, {}, {}});
    CHECK(stage(site, "rescue") == boots::Stage::kernel);
    CHECK(site.get().status == 200);
    CHECK(site.boots_started() == 2);
}

TEST_CASE("who has no disk to boot gets none, and a machine that nobody knows neither") {
    DiskSite site;
    CHECK(site.get({}, "GET", "52:54:00:00:00:01").status == 404);
    CHECK(site.test.events().back().reason == "image demo is no disk");
    CHECK(site.get({}, "GET", "52:54:00:00:00:02").status == 404);
    CHECK(site.get({}, "GET", "52:54:00:00:00:99").status == 404);
    CHECK(site.get({}, "GET", "nonsense").status == 400);
    CHECK(site.get("bytes=5-", "GET", disk_mac).status == 200);
    CHECK(site.boots_started() == 1);
}

TEST_CASE("loaders get a script for such an image, or are told why not") {
    DiskSite site;
    const auto has = [](const base::Result<std::string>& script, const std::string& words) {
        return script && script->find(words) != std::string::npos;
    };
    auto& all = site.test.site();
    CHECK(has(api::serve_script(all, of(disk_mac)), "\nsanboot --no-describe http://10.55.0.5:8080/boot/"));
    CHECK(has(api::serve_script(all, of(disk_mac, "i386")), "\nsanboot "));
    auto grub = of(disk_mac);
    grub.language = api::ScriptLanguage::grub;
    CHECK(has(api::serve_script(all, grub), "let the firmware boot by HTTP Boot"));
    auto old = of(disk_mac);
    old.files_url = "tftp://10.55.0.5";
    CHECK(has(api::serve_script(all, old), "this iPXE knows TFTP only"));
    CHECK(has(api::serve_script(all, of(program_mac)), "/loader -nostartup id="));
    CHECK(has(api::serve_script(all, of(program_mac, "i386")), "this machine has BIOS or 32-bit UEFI"));
    CHECK(has(api::serve_script(all, of(program_mac, "arm64")), "image tool is for amd64, this machine is arm64"));
    const auto boot = site.test.boots().roll().hosts.at("tool").boots.front().id;
    CHECK(site.server.ask("GET", "/boot/" + boot + "/loader").status == 200);
    CHECK(site.server.ask("GET", "/boot/" + boot + "/disk").status == 404);
    CHECK(site.server.ask("GET", "/boot/" + boot + "/kernel").status == 404);
}

TEST_CASE("the last byte alone is not the file, and a disk that is read here and there is few events") {
    DiskSite site;
    REQUIRE(api::serve_script(site.test.site(), of(disk_mac)));
    const auto boot = site.test.events().back().boot;
    const auto read = [&](std::uint64_t offset, std::uint64_t size) {
        site.server.ask("GET", "/boot/" + boot + "/disk").on_end({size, size, offset, disk_size, true, {}, {}});
    };
    read(disk_size - 1, 1);
    const auto last = site.test.events().back();
    CHECK(last.sent == 1);
    CHECK(last.size == disk_size);
    CHECK(last.reason == "that is a part of it");
    CHECK(last.details.at("bytes") == "1");
    CHECK(stage(site, "rescue") == boots::Stage::script);
    const auto before = site.test.events().size();
    for (std::uint64_t at = 0; at < disk_size; at += 1024) {
        read(at, 1024);
        read(0, 1024);
    }
    const auto events = site.test.events();
    CHECK(events.size() - before <= 18);
    const auto whole = std::count_if(events.begin(), events.end(), [](const auto& event) {
        return event.kind == base::EventKind::file_sent && event.reason.empty() && event.sent == disk_size;
    });
    CHECK(whole == 1);
    CHECK(stage(site, "rescue") == boots::Stage::kernel);
}

TEST_CASE("a file that is fetched again after it was whole can break off") {
    DiskSite site;
    const auto send = [&](const http::Delivery& delivery) {
        site.server.ask("GET", "/boot/loader/snponly.efi").on_end(delivery);
        return site.test.events().back();
    };
    CHECK(send({9, 9, 0, 9, true, {}, {}}).reason.empty());
    const auto broken = send({4, 9, 0, 9, false, {}, "the client left"});
    CHECK(broken.reason == "the client left");
    CHECK(broken.sent == 4);
    // Begun anew, and what came after its end belongs to it.
    CHECK(send({2, 9, 0, 9, false, {}, "the client left"}).sent == 2);
    CHECK(send({5, 5, 4, 9, true, {}, {}}).sent == 7);
    CHECK(send({4, 9, 0, 9, false, {}, "the client left"}).sent == 4);
    CHECK(send({0, 0, 0, 0, true, {}, {}}).reason.empty());
}
