#include "server/api/seed_desk.hpp"

#include "profiles/filters.hpp"
#include "server/api/render.hpp"
#include "server/api/script_desk.hpp"
#include "tests/support/test_site.hpp"

#include <doctest/doctest.h>

using namespace musterd;

namespace {

const std::string server = "http://10.55.0.5:8080";
const std::string own_address = "10.55.0.101";
const std::string other_address = "10.55.0.66";

/// A site with the hosts "worker", whose user-data is a person's, and "plain" with nothing of a person; both ubuntu.
class SeedSite {
public:
    explicit SeedSite(const std::string& profile_of_plain = "ubuntu-of-ours")
        : test({}, open(),
               "[[host]]\nname = 'worker'\nmac = ['52:54:00:00:00:11', '52:54:00:00:00:12']\nprofile = 'worker'\n"
               "[[host]]\nname = 'plain'\nmac = '52:54:00:00:00:13'\nprofile = '" +
                   profile_of_plain + "'\n",
               "[profile.ubuntu-of-ours]\ninherits = 'ubuntu'\nimage = 'rooted'\nidentity = false\n"
               "[profile.with-identity]\ninherits = 'ubuntu'\nimage = 'rooted'\n"
               "[profile.rootless]\ninherits = 'ubuntu'\nimage = 'demo'\n"
               "[profile.worker]\ninherits = 'ubuntu-of-ours'\nuser_data = '/c/w.yaml'\n",
               {{"/c/w.yaml", "#cloud-config\npassword: secret\n"}}),
          desk(test.site()) {}

    std::string boot(const std::string& mac) {
        const auto script = api::serve_script(test.site(), {{{"mac", mac}, {"arch", "amd64"}}, own_address, server});
        REQUIRE(script);
        return test.events().back().boot;
    }
    base::Result<api::Seed> ask(const std::string& boot, const std::string& document,
                                const std::string& peer = own_address) {
        return desk.open({boot, document, peer, server});
    }

    support::TestSite test;
    api::SeedDesk desk;

private:
    static std::unique_ptr<boots::Journal> open() {
        auto journal = boots::open_sqlite_journal({});
        REQUIRE(journal);
        return std::move(*journal);
    }
};

}  // namespace

TEST_CASE("the four documents are served under the boot's id, and are events of that boot") {
    SeedSite site;
    const auto boot = site.boot("52:54:00:00:00:13");
    const auto seed = site.ask(boot, "user-data");
    REQUIRE(seed);
    CHECK(seed->text.find("url: \"" + server + "/boot/" + boot + "/up\"") != std::string::npos);
    CHECK(seed->event.kind == base::EventKind::file_sent);
    CHECK(seed->event.file == "seed/user-data");
    CHECK(seed->event.boot == boot);
    CHECK(seed->event.host == "plain");
    CHECK(site.ask(boot, "meta-data")->text == "instance-id: \"plain-" + boot + "\"\nlocal-hostname: \"plain\"\n");
    CHECK(site.ask(boot, "vendor-data")->text.empty());
    CHECK(site.ask(boot, "network-config")->text.empty());
    CHECK(site.ask(boot, "userdata").error().code() == std::errc::no_such_file_or_directory);
    CHECK(site.ask("01ARYZ6S41TSV4RRFFQ69G5FAV", "meta-data").error().code() == std::errc::no_such_file_or_directory);
}

TEST_CASE("what nobody wrote is for everyone, what a person wrote for the boot's machine only") {
    SeedSite site;
    CHECK(site.ask(site.boot("52:54:00:00:00:13"), "user-data", other_address));
    const auto boot = site.boot("52:54:00:00:00:11");
    CHECK(site.ask(boot, "meta-data", other_address));
    CHECK(site.ask(boot, "user-data"));
    const auto refused = site.ask(boot, "user-data", other_address);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == std::errc::permission_denied);
    CHECK(refused.error().message().find("secret") == std::string::npos);
    const auto event = site.test.events().back();
    CHECK(event.kind == base::EventKind::file_refused);
    CHECK(event.host == "worker");
    CHECK(event.boot == boot);
    CHECK(event.address == other_address);
    CHECK(event.file == "seed/user-data");
    CHECK(event.reason == "it is for the machine at 10.55.0.101");
    const auto events = site.test.events().size();
    CHECK_FALSE(site.ask(boot, "user-data", other_address));
    CHECK_MESSAGE(site.test.events().size() == events, "one who asks again is no second event");
}

TEST_CASE("an operating system may have another address than the loader had, if DHCP gave it to the host") {
    SeedSite site;
    std::string boot;
    for (const auto* own : {"52:54:00:00:00:11", "52:54:00:00:00:12"}) {
        boot = site.boot("52:54:00:00:00:11");
        site.test.site().addresses().learn(*base::Ipv4::parse(other_address), *base::Mac::parse(own));
        CHECK(site.ask(boot, "user-data", other_address));
        CHECK(site.ask(boot, "vendor-data", other_address));
    }
    site.test.site().addresses().learn(*base::Ipv4::parse(other_address), *base::Mac::parse("52:54:00:00:00:13"));
    CHECK_FALSE(site.ask(boot, "user-data", other_address));
    CHECK_FALSE(site.ask(boot, "user-data", "fd55::1"));
}

TEST_CASE("once the machine is up, or begins another boot, what a person wrote is no longer served") {
    SeedSite site;
    const auto boot = site.boot("52:54:00:00:00:11");
    base::Event up;
    up.kind = base::EventKind::up;
    up.host = "worker";
    up.boot = boot;
    REQUIRE(site.test.boots().record(up));
    CHECK(site.ask(boot, "user-data").error().message() == "seed/user-data: its machine is up and has read it");
    CHECK(site.ask(boot, "meta-data"));
    const auto next = site.boot("52:54:00:00:00:11");
    CHECK(site.ask(boot, "user-data").error().message() == "seed/user-data: its boot is over");
    CHECK(site.ask(next, "user-data"));
}

TEST_CASE("user-data that arrived whole is the stage system") {
    SeedSite site;
    const auto boot = site.boot("52:54:00:00:00:13");
    auto fetched = site.ask(boot, "user-data")->event;
    fetched.sent = 100;
    fetched.size = 200;
    REQUIRE(site.test.boots().record(fetched));
    CHECK(site.test.boots().roll().hosts.at("plain").stage == boots::Stage::script);
    fetched.sent = 200;
    REQUIRE(site.test.boots().record(fetched));
    CHECK(site.test.boots().roll().hosts.at("plain").stage == boots::Stage::system);
}

TEST_CASE("render shows a document as it would be served, but for the boot id") {
    SeedSite site;
    const auto boot = site.boot("52:54:00:00:00:11");
    for (const auto* document : {"user-data", "meta-data", "vendor-data", "network-config"}) {
        CAPTURE(document);
        auto rendered = api::render(site.test.site(), {"worker", document, server});
        REQUIRE(rendered);
        for (auto at = rendered->find(api::no_boot); at != std::string::npos; at = rendered->find(api::no_boot))
            rendered->replace(at, boot.size(), boot);
        CHECK(*rendered == site.ask(boot, document)->text);
    }
    CHECK(api::render(site.test.site(), {"disk", "user-data", server}).error().message() ==
          "profile local boots no image: there is no seed");
}

TEST_CASE("golden: the scripts of a host whose profile is ubuntu") {
    SeedSite site;
    const api::RenderQuestion question{"plain", "script", server};
    const auto machine_id = profiles::machine_id_of({}, "plain");
    const auto script = api::render(site.test.site(), question);
    REQUIRE(script);
    CHECK(*script ==
          "#!ipxe\n# host plain boot 00000000000000000000000000\nset dollar:hex 24\nset tries:int32 0\nset syslog "
          "10.55.0.5 ||\ngoto load\n"
          ":again\nimgfree\ninc tries\niseq ${tries} 40 && reboot ||\n"
          "echo musterd: try ${tries} of 40 in 5 seconds\nsleep 5\n"
          ":load\nimgfree\n"
          "kernel http://10.55.0.5:8080/boot/00000000000000000000000000/kernel "
          "root=squash:http://10.55.0.5:8080/boot/00000000000000000000000000/root overlayroot=tmpfs "
          "overlayroot_cfgdisk=disabled ip=dhcp "
          "ds=nocloud;dsmode=net;s=http://10.55.0.5:8080/boot/00000000000000000000000000/seed/ systemd.hostname=plain "
          "systemd.machine_id=" +
              machine_id +
              " panic=30 "
              "musterd.boot=00000000000000000000000000 "
              "musterd.url=http://10.55.0.5:8080/boot/00000000000000000000000000 BOOTIF=01-52-54-00-00-00-13 "
              "initrd=initrd initrd=overlay || goto again\n"
              "initrd --name initrd http://10.55.0.5:8080/boot/00000000000000000000000000/initrd || goto again\n"
              "initrd --name overlay http://10.55.0.5:8080/boot/00000000000000000000000000/overlay || goto again\n"
              "boot || goto again\ngoto again\n");
    const auto grub = api::render(site.test.site(), {"plain", "grub", server});
    REQUIRE(grub);
    CHECK(grub->find(" 'root=squash:http://10.55.0.5:8080/boot/00000000000000000000000000/root' "
                     "'overlayroot=tmpfs' 'overlayroot_cfgdisk=disabled' 'ip=dhcp' "
                     "'ds=nocloud;dsmode=net;s=http://10.55.0.5:8080/boot/00000000000000000000000000/seed/' "
                     "'systemd.hostname=plain' 'systemd.machine_id=" +
                     machine_id + "' 'panic=30' 'musterd.boot=") != std::string::npos);
}

TEST_CASE("a host's SSH key is in its user-data, for its own machine only, and hidden from who looks on") {
    SeedSite site("with-identity");
    const auto boot = site.boot("52:54:00:00:00:13");
    const auto identity = profiles::identity_of({}, "plain");
    const auto seed = site.ask(boot, "user-data");
    REQUIRE(seed);
    CHECK(seed->text.find("ssh_keys:\n  ed25519_private: " + profiles::for_yaml(identity.ssh_key) + "\n") !=
          std::string::npos);
    const auto refused = site.ask(boot, "user-data", other_address);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == std::errc::permission_denied);
    CHECK(site.test.events().back().kind == base::EventKind::file_refused);
    auto shown = api::render(site.test.site(), {"plain", "user-data", server});
    REQUIRE(shown);
    CAPTURE(*shown);
    CHECK(shown->find("ed25519_private: \"«secret»\\n\"") != std::string::npos);
    shown = api::render(site.test.site(), {"plain", "user-data", server, true});
    REQUIRE(shown);
    CHECK(shown->find("BEGIN OPENSSH PRIVATE KEY") != std::string::npos);
}

TEST_CASE("an ubuntu whose image has no root is not booted, and is told why") {
    SeedSite site("rootless");
    const auto script = api::render(site.test.site(), {"plain", "script", server});
    REQUIRE(script);
    CHECK(script->find("echo musterd: image demo has no root: profile rootless wants a squashfs beside kernel and "
                       "initrd, or casper's ISO\n") != std::string::npos);
}
