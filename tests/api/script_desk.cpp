#include "server/api/script_desk.hpp"

#include "tests/support/test_site.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using base::EventKind;

namespace {
api::ScriptRequest of(const std::string& mac, std::string arch = "amd64") {
    return {{{"mac", mac}, {"arch", std::move(arch)}}, "10.55.0.101", "http://10.55.0.5:8080"};
}
std::unique_ptr<boots::Journal> must_open() {
    auto journal = boots::open_sqlite_journal({});
    REQUIRE(journal);
    return std::move(*journal);
}
const std::string r640 = "52:54:00:00:00:01";
}  // namespace

TEST_CASE("a script mints a boot that is journalled before anyone hears of it") {
    support::TestSite test;
    const auto script = api::serve_script(test.site(), of(r640));
    REQUIRE(script);
    const auto events = test.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == EventKind::boot_started);
    CHECK(events[0].host == "r640");
    CHECK(events[0].mac == r640);
    CHECK(events[0].address == "10.55.0.101");
    CHECK(events[0].image == "demo@" + test.image().digest);
    CHECK(script->find("/boot/" + events[0].boot + "/kernel console=ttyS0 host=r640 musterd.boot=" + events[0].boot) !=
          std::string::npos);
    CHECK(test.boots().roll().hosts.at("r640").stage == boots::Stage::script);
}

TEST_CASE("HEAD gives the same length and mints nothing") {
    support::TestSite test;
    const auto preview = api::preview_script(test.site(), of(r640));
    REQUIRE(preview);
    CHECK(test.events().empty());
    CHECK(preview->size() == api::serve_script(test.site(), of(r640))->size());
}

TEST_CASE("held, unbootable and mismatched machines are told why, and ask again") {
    support::TestSite test;
    const auto held = api::serve_script(test.site(), of("52:54:00:00:00:02"));
    REQUIRE(held);
    CHECK(held->find("echo musterd: this machine is on hold") != std::string::npos);
    CHECK(held->find("chain --autofree http://10.55.0.5:8080/boot/script?mac=52:54:00:00:00:02&arch=amd64") !=
          std::string::npos);
    CHECK(test.events().empty());

    const auto gone = api::serve_script(test.site(), of("52:54:00:00:00:04"));
    REQUIRE(gone);
    CHECK(gone->find("nobody-imported-this") != std::string::npos);
    const auto wrong = api::serve_script(test.site(), of(r640, "arm64"));
    REQUIRE(wrong);
    CHECK(wrong->find("image demo is for amd64, this machine is arm64") != std::string::npos);
    const auto events = test.events();
    REQUIRE(events.size() == 2);
    CHECK(events[0].kind == EventKind::script_refused);
    CHECK(events[1].reason == "image demo is for amd64, this machine is arm64");
    CHECK(test.boots().roll().hosts.at("r640").condition == boots::Condition::failed);
}

TEST_CASE("a host that boots from its disk is sent there") {
    support::TestSite test;
    CHECK(*api::serve_script(test.site(), of("52:54:00:00:00:03")) ==
          "#!ipxe\n# host disk: boots from its own disk\n"
          "iseq ${platform} pcbios && sanboot --no-describe --drive 0x80 ||\n"
          "iseq ${platform} efi && chain http://10.55.0.5:8080/boot/loader/grubx64-musterd.efi ||\nexit 1\n");
}

TEST_CASE("a host's own way to its disk goes before the profile's") {
    for (const auto& row : std::map<std::string, std::string>{
             {"exit", ""},
             {"sanboot", "iseq ${platform} pcbios && sanboot --no-describe --drive 0x80 ||\n"},
             {"chain", "iseq ${platform} efi && chain http://10.55.0.5:8080/boot/loader/grubx64-musterd.efi ||\n"}}) {
        const auto& way = row.first;
        const auto& line = row.second;
        CAPTURE(way);
        support::TestSite test({}, must_open(),
                               "[[host]]\nname = \"five\"\nmac = \"52:54:00:00:00:05\"\n"
                               "profile = \"local\"\nlocal_boot = \"" +
                                   way + "\"\n");
        CHECK(*api::serve_script(test.site(), of("52:54:00:00:00:05")) ==
              "#!ipxe\n# host five: boots from its own disk\n" + line + "exit 1\n");
        auto grub = of("52:54:00:00:00:05");
        grub.language = api::ScriptLanguage::grub;
        CHECK(api::serve_script(test.site(), grub)->find("chainloader") != std::string::npos);
    }
}

TEST_CASE("a loader without HTTP fetches everything by TFTP, and the machine calls home by HTTP all the same") {
    support::TestSite test;
    for (const auto language : {api::ScriptLanguage::ipxe, api::ScriptLanguage::grub}) {
        auto request = of(r640);
        request.files_url = "tftp://10.55.0.5";
        request.language = language;
        const auto script = *api::serve_script(test.site(), request);
        const auto boot = test.events().back().boot;
        const bool grub = language == api::ScriptLanguage::grub;
        const auto base = grub ? "(tftp,10.55.0.5)/boot/" + boot : "tftp://10.55.0.5/boot/" + boot;
        for (const auto* file : {"/kernel", "/initrd", "/overlay"}) {
            CAPTURE(script);
            CHECK(script.find(base + file) != std::string::npos);
        }
        CHECK(script.find("musterd.url=http://10.55.0.5:8080/boot/" + boot) != std::string::npos);
        CHECK(script.find("(http") == std::string::npos);
    }
    auto held = of("52:54:00:00:00:02");
    held.files_url = "tftp://10.55.0.5";
    CHECK(api::serve_script(test.site(), held)->find("chain --autofree tftp://10.55.0.5/boot/script%3Fmac=") !=
          std::string::npos);
}

TEST_CASE("a machine that nobody named gets nothing, and bad queries are told apart") {
    support::TestSite test;
    const auto unknown = api::serve_script(test.site(), of("52:54:00:00:00:99"));
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code() == std::errc::no_such_file_or_directory);
    for (const auto* mac : {"", "zz", "52:54:00:00:00"}) {
        const auto bad = api::serve_script(test.site(), of(mac));
        REQUIRE_FALSE(bad);
        CHECK(bad.error().code() == std::errc::invalid_argument);
    }
    CHECK(test.events().empty());
}

TEST_CASE("unknown machines get a profile when the configuration says so, under their MAC") {
    support::TestSite test("[dhcp]\nunknown_hosts = \"demo\"\n");
    const auto script = api::serve_script(test.site(), of("52:54:00:00:00:99"));
    REQUIRE(script);
    CHECK(test.events().at(0).host == "52-54-00-00-00-99");
}

TEST_CASE("without a MAC in the query the address tells the machine") {
    support::TestSite test;
    api::ScriptRequest request{{}, "10.55.0.101", "http://10.55.0.5:8080"};
    CHECK_FALSE(api::serve_script(test.site(), request));
    test.site().addresses().learn(*base::Ipv4::parse("10.55.0.101"), *base::Mac::parse(r640));
    CHECK(api::serve_script(test.site(), request));
}

TEST_CASE("GRUB gets the same boot as iPXE, in its own language") {
    support::TestSite test;
    auto request = of(r640);
    request.language = api::ScriptLanguage::grub;
    const auto preview = api::preview_script(test.site(), request);
    REQUIRE(preview);
    CHECK(test.events().empty());
    const auto script = api::serve_script(test.site(), request);
    REQUIRE(script);
    CHECK(script->size() == preview->size());
    const auto events = test.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == EventKind::boot_started);
    CHECK(script->find("if linux '(http,10.55.0.5:8080)/boot/" + events[0].boot + "/kernel' 'console=ttyS0'") !=
          std::string::npos);
    CHECK(script->find("initrd=") == std::string::npos);
}

TEST_CASE("GRUB is told why there is no boot, and where its own disk is") {
    support::TestSite test;
    const auto answer = [&test](const std::string& mac, const std::string& arch) {
        auto request = of(mac, arch);
        request.language = api::ScriptLanguage::grub;
        const auto script = api::serve_script(test.site(), request);
        return script ? *script : script.error().message();
    };
    CHECK(answer("52:54:00:00:00:02", "amd64") == "echo 'musterd: this machine is on hold'\nsleep 15\n");
    CHECK(answer("52:54:00:00:00:03", "amd64").starts_with("# host disk: boots from its own disk\nmusterd_cpu="));
    CHECK(answer(r640, "arm64").starts_with("echo 'musterd: image demo is for amd64, this machine is arm64'"));
    CHECK(test.events().size() == 1);
}
