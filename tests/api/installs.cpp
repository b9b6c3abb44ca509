// Profiles that write a machine's disk: when they do, and what its installer says meanwhile.
#include "server/api/install_report.hpp"
#include "server/api/render.hpp"
#include "server/api/script_desk.hpp"
#include "tests/api/test_server.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using base::EventKind;

namespace {

const std::string mac = "52:54:00:00:00:21";
const std::string other_mac = "52:54:00:00:00:22";
const std::string token = "0123456789abcdef0123";

std::unique_ptr<boots::Journal> open_journal() {
    auto journal = boots::open_sqlite_journal({});
    REQUIRE(journal);
    return std::move(*journal);
}

/// A site with host "store", which Debian is installed on.
class InstallSite {
public:
    explicit InstallSite(const std::string& keys = {}, std::unique_ptr<boots::Journal> journal = open_journal(),
                         const std::string& name = "store")
        : test({}, std::move(journal),
               "[[host]]\nname = '" + name + "'\nmac = ['" + mac + "', '" + other_mac + "']\nprofile = 'debian'\n" +
                   keys,
               "[profile.debian]\ninherits = 'debian-install'\nimage = 'demo'\n"
               "vars = { ssh_keys = ['ssh-ed25519 AAAA you@laptop'] }\n"),
          server(test) {}

    std::string script(const std::string& by = mac) {
        const auto answer = server.ask("GET", "/boot/script?mac=" + by);
        REQUIRE(answer.status == 200);
        return std::get<std::string>(answer.body);
    }
    /// The id of a boot whose installer was started.
    std::string start() {
        REQUIRE(script().find("url=http://10.55.0.5:8080/boot/") != std::string::npos);
        return test.events().back().boot;
    }
    unsigned say(const std::string& boot, const std::string& what, const std::string& body = {}) {
        return server.ask("POST", "/boot/" + boot + "/" + what, body).status;
    }
    [[nodiscard]] const boots::HostState& host() { return test.boots().roll().hosts.at("store"); }

    support::TestSite test;
    support::TestServer server;
};

bool installs(const std::string& script) {
    return script.find("/seed/preseed") != std::string::npos;
}
bool boots_from_disk(const std::string& script) {
    return script.find("boots from its own disk") != std::string::npos;
}

}  // namespace

TEST_CASE("a host is installed once: from then on it boots from its disk, until a person wants it installed anew") {
    InstallSite site;
    const auto boot = site.start();
    CHECK(site.say(boot, "event", "stage=installing") == 200);
    CHECK(site.host().stage == boots::Stage::installing);
    CHECK(site.say(boot, "installed") == 200);
    CHECK(site.host().stage == boots::Stage::installed);
    for (const auto& card : {mac, other_mac})
        CHECK(boots_from_disk(site.script(card)));
    CHECK(site.test.events().size() == 3);
    const auto ordered = site.server.ask("POST", "/api/v1/hosts/store/reinstall", {}, token);
    CHECK(ordered.status == 200);
    CHECK(installs(site.script()));
}

TEST_CASE("a host that began to install and was not heard of again is held, and says how to go on") {
    InstallSite site;
    CHECK(site.say(site.start(), "event", "stage=installing") == 200);
    const auto script = site.script();
    CHECK_FALSE(installs(script));
    CHECK_FALSE(boots_from_disk(script));
    CHECK(script.find("\"musterd host reinstall store\" lets it begin anew") != std::string::npos);
    CHECK(site.host().condition == boots::Condition::failed);
    CHECK(site.server.ask("POST", "/api/v1/hosts/store/reinstall", {}, token).status == 200);
    CHECK(installs(site.script()));
}

TEST_CASE("an installer that was only fetched, and wrote nothing, is served again") {
    InstallSite site;
    site.start();
    CHECK(installs(site.script()));
    CHECK(site.say(site.start(), "failed", "no disk") == 200);
    CHECK(installs(site.script()));
}

TEST_CASE("one who looks at the script of an installed host sees what it would be served, or as if it were new") {
    InstallSite site;
    site.say(site.start(), "installed");
    CHECK(boots_from_disk(*api::render(site.test.site(), {"store", "script", "http://10.55.0.5:8080"})));
    CHECK(installs(*api::render(site.test.site(), {"store", "script", "http://10.55.0.5:8080", false, true})));
}

TEST_CASE("a host that has been given another name is not installed anew, for its card is known") {
    InstallSite site("[[host]]\nname = 'later'\nmac = '52:54:00:00:00:29'\nprofile = 'debian'\n");
    base::Event before;
    before.kind = EventKind::installed;
    before.host = "earlier";
    before.boot = api::no_boot;
    before.mac = other_mac;
    REQUIRE(site.test.boots().record(before));
    CHECK(boots_from_disk(site.script()));
    CHECK(installs(site.script("52:54:00:00:00:29")));
}

TEST_CASE("what installers say is refused where it is none, and noted once") {
    InstallSite site;
    CHECK(site.say("01ARYZ6S41TSV4RRFFQ69G5FAV", "installed") == 404);
    CHECK(site.say("01ARYZ6S41TSV4RRFFQ69G5FAV", "event", "stage=installing") == 404);
    const auto old = site.start();
    const auto boot = site.start();
    CHECK(site.say(old, "installed") == 410);
    for (const auto* body : {"", "stage=", "stage=up", "nonsense", "{", "{}", "[1]", "{\"name\":\"a\"}"}) {
        CAPTURE(body);
        CHECK(site.say(boot, "event", body) == 400);
    }
    CHECK(site.host().stage == boots::Stage::script);
    const auto before = site.test.events().size();
    for (int i = 0; i < 3; ++i) {
        CHECK(site.say(boot, "event", "stage=installing\n") == 200);
        CHECK(site.say(boot, "event", R"({"stage":"installed"})") == 200);
        CHECK(site.say(boot, "installed") == 200);
    }
    CHECK(site.test.events().size() == before + 2);
}

TEST_CASE("reports of webhooks are kept where somebody will read them, and no more than so many of a boot") {
    InstallSite site;
    const auto boot = site.start();
    const auto before = site.test.events().size();
    CHECK(site.say(boot, "event", R"({"name":"subiquity/Filesystem/guided/x/y","event_type":"start"})") == 200);
    CHECK(site.test.events().size() == before);
    for (int i = 0; i < 250; ++i)
        CHECK(site.say(boot, "event", R"({"name":"a","event_type":"error","description":"broken"})") == 200);
    const auto events = site.test.events();
    REQUIRE(events.size() == before + 200);
    CHECK(events.back().kind == EventKind::install_report);
    CHECK(events.back().details.at("description") == "broken");
    CHECK(site.say(boot, "event", "stage=installing") == 200);
    CHECK(site.host().stage == boots::Stage::installing);
}

TEST_CASE("subiquity's own names tell that the disk is written, and that its last command has run") {
    const auto kind = [](const std::string& json) {
        const auto report = api::read_install_report("application/json", json);
        REQUIRE(report);
        return report->kind;
    };
    CHECK(kind(R"({"name":"subiquity/Install/install","event_type":"start"})") == EventKind::installing);
    CHECK(kind(R"({"name":"subiquity/Install/install","event_type":"finish","result":"FAIL"})") ==
          EventKind::install_report);
    CHECK(kind(R"({"name":"subiquity/Late/run","event_type":"finish","result":"SUCCESS"})") == EventKind::installed);
    CHECK(kind(R"({"name":"subiquity/Late/run","event_type":"finish","result":"FAIL"})") == EventKind::install_report);
    CHECK(kind(R"({"name":"subiquity/Late/run","event_type":"start"})") == EventKind::install_report);
}

TEST_CASE("only hosts whose profile installs can be ordered to") {
    InstallSite site;
    CHECK(site.server.ask("POST", "/api/v1/hosts/r640/reinstall", {}, token).status == 409);
    CHECK(site.server.ask("POST", "/api/v1/hosts/nobody/reinstall", {}, token).status == 404);
    CHECK(site.server.ask("POST", "/api/v1/hosts/store/reinstall").status == 401);
    CHECK(site.test.events().empty());
}

TEST_CASE("the answers for the installer are for its own machine, until it is installed") {
    InstallSite site;
    const auto boot = site.start();
    const auto path = "/boot/" + boot + "/seed/preseed";
    const auto answer = site.server.ask("GET", path);
    REQUIRE(answer.status == 200);
    CHECK(std::get<std::string>(answer.body).find("echo 'ssh-ed25519 AAAA you@laptop' >>") != std::string::npos);
    site.say(boot, "installed");
    CHECK(site.server.ask("GET", path).status == 403);
    CHECK(site.server.ask("GET", "/boot/script?mac=52:54:00:00:00:01").status == 200);
    const auto other = site.test.events().back().boot;
    CHECK(site.server.ask("GET", "/boot/" + other + "/seed/preseed").status == 404);
}
