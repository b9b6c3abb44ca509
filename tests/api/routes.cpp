#include "tests/api/test_server.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

using namespace musterd;
using support::TestServer;

namespace {

/// A journal on a disk that gets full: takes so many events, then none.
class FullJournal final : public boots::Journal {
public:
    explicit FullJournal(std::uint64_t room) : room_(room) {}
    base::Result<void> append(std::span<base::Event> events) override {
        if (last_ + events.size() > room_) return base::Error("cannot append to the journal: database or disk is full");
        for (auto& event : events)
            event.id = ++last_;
        return {};
    }
    base::Result<void> read(std::uint64_t, const std::string&, const std::function<bool(base::Event)>&) override {
        return {};
    }

private:
    std::uint64_t room_;
    std::uint64_t last_ = 0;
};

std::string text(const http::Response& response) {
    return std::get<std::string>(response.body);
}

std::string start_boot(TestServer& server, support::TestSite& test) {
    REQUIRE(server.ask("GET", "/boot/script?mac=52:54:00:00:00:01").status == 200);
    return test.events().back().boot;
}

}  // namespace

TEST_CASE("GRUB asks at its own URL: GET begins a boot, HEAD does not, a stranger is not served") {
    support::TestSite test;
    TestServer server(test);
    const std::string mine = "/boot/grub?mac=52:54:00:00:00:01";
    CHECK(server.ask("HEAD", mine).status == 200);
    CHECK(test.events().empty());
    const auto script = server.ask("GET", mine);
    CHECK(script.status == 200);
    REQUIRE(test.events().size() == 1);
    CHECK(text(script).find("/boot/" + test.events()[0].boot + "/kernel'") != std::string::npos);
    CHECK(text(script).find("\nif linux ") != std::string::npos);
    CHECK(server.ask("GET", "/boot/grub?mac=52:54:00:00:00:99").status == 404);
    CHECK(server.ask("GET", "/boot/grub?mac=nonsense").status == 400);
}

TEST_CASE("a boot from script to up, as the API shows it") {
    support::TestSite test;
    TestServer server(test);
    const auto boot = start_boot(server, test);
    const auto kernel = server.ask("GET", "/boot/" + boot + "/kernel");
    CHECK(kernel.status == 200);
    kernel.on_end({4096, 4096, 0, 4096, true, {}, {}});
    CHECK(server.ask("POST", "/boot/" + boot + "/up", R"({"hostname":"r640"})").status == 200);
    const auto host = server.api("/api/v1/hosts/r640").as_object();
    CHECK(host.at("stage") == "up");
    CHECK(host.at("condition") == "ok");
    CHECK(host.at("profile") == "demo");
    CHECK(host.at("image").as_string() == "demo@" + test.image().digest);
    CHECK(host.at("macs").as_array().at(0) == "52:54:00:00:00:01");
    CHECK(host.at("boot").at("id").as_string() == boot);
    CHECK(host.at("boot").at("bytes").at("kernel").at("sent") == 4096);
    std::vector<std::string> keys;
    for (const auto& pair : host)
        keys.emplace_back(pair.key());
    CHECK(keys == std::vector<std::string>{"name", "macs", "profile", "image", "stage", "condition", "reason", "since",
                                           "boot"});
}

TEST_CASE("a machine that says twice that it is up is one event") {
    support::TestSite test;
    TestServer server(test);
    const auto boot = start_boot(server, test);
    CHECK(server.ask("POST", "/boot/" + boot + "/up").status == 200);
    CHECK(server.ask("POST", "/boot/" + boot + "/up").status == 200);
    CHECK(test.events().size() == 2);
}

TEST_CASE("reports of an unknown boot, an older boot and with a broken body are refused") {
    support::TestSite test;
    TestServer server(test);
    CHECK(server.ask("POST", "/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/up").status == 404);
    const auto old = start_boot(server, test);
    const auto boot = start_boot(server, test);
    CHECK(server.ask("POST", "/boot/" + old + "/up").status == 410);
    CHECK(server.ask("POST", "/boot/" + boot + "/up", "{broken").status == 400);
    CHECK(test.boots().roll().hosts.at("r640").stage == boots::Stage::script);
    CHECK(server.ask("POST", "/boot/" + boot + "/failed", "no disk").status == 200);
    CHECK(test.boots().roll().hosts.at("r640").reason == "no disk");
}

TEST_CASE("no host speaks for its neighbour, but from an address that nobody has a host may speak") {
    support::TestSite test(
        {},
        [] {
            auto journal = boots::open_sqlite_journal({});
            return std::move(*journal);
        }(),
        "[[host]]\nname = \"six\"\nmac = \"52:54:00:00:00:06\"\nprofile = \"demo\"\n");
    TestServer server(test);
    const auto from = [&](const std::string& method, const std::string& target, const std::string& peer) {
        http::Request request;
        request.method = method;
        request.path = target.substr(0, target.find('?'));
        if (target.find('?') != std::string::npos) request.query["mac"] = target.substr(target.find('=') + 1);
        request.peer = peer;
        request.local = "10.55.0.5";
        return server.ask(request).status;
    };
    REQUIRE(from("GET", "/boot/script?mac=52:54:00:00:00:06", "10.55.0.106") == 200);
    const auto boot = start_boot(server, test);
    const auto before = test.events().size();
    for (const auto* what : {"/up", "/failed", "/up"})
        CHECK(from("POST", "/boot/" + boot + what, "10.55.0.106") == 403);
    REQUIRE(test.events().size() == before + 1);
    CHECK(test.events().back().kind == base::EventKind::file_refused);
    CHECK(test.events().back().reason == "10.55.0.106 is the address of host six");
    CHECK(test.boots().roll().hosts.at("r640").stage == boots::Stage::script);
    // By DHCP: a host that has not begun to boot.
    test.site().addresses().learn(*base::Ipv4::parse("10.55.0.107"), *base::Mac::parse("52:54:00:00:00:02"));
    CHECK(from("POST", "/boot/" + boot + "/up", "10.55.0.107") == 403);
    CHECK(from("POST", "/boot/" + boot + "/up", "10.55.0.200") == 200);
    CHECK(test.boots().roll().hosts.at("r640").stage == boots::Stage::up);
}

TEST_CASE("a file that broke off is an event with its reason, and no stage") {
    support::TestSite test;
    TestServer server(test);
    const auto boot = start_boot(server, test);
    server.ask("GET", "/boot/" + boot + "/kernel").on_end({1000, 4096, 0, 4096, false, {}, "client left"});
    const auto event = test.events().back();
    CHECK(event.file == "kernel");
    CHECK(event.sent == 1000);
    CHECK(event.reason == "client left");
    CHECK(test.boots().roll().hosts.at("r640").stage == boots::Stage::script);
    // The rest, by range: the stage is reached.
    server.ask("GET", "/boot/" + boot + "/kernel").on_end({3096, 3096, 1000, 4096, true, {}, {}});
    CHECK(test.boots().roll().hosts.at("r640").stage == boots::Stage::kernel);
}

TEST_CASE("what does not exist is 404, what is none 400, and boot paths never redirect") {
    support::TestSite test;
    TestServer server(test);
    CHECK(server.ask("GET", "/boot/loader/snponly.efi").status == 200);
    CHECK(server.ask("GET", "/boot/loader/missing.efi").status == 404);
    CHECK(server.ask("GET", "/boot/script?mac=52:54:00:00:00:99").status == 404);
    CHECK(server.ask("GET", "/boot/script?mac=nonsense").status == 400);
    CHECK(server.ask("GET", "/images/" + std::string(64, 'a') + "/linux").status == 404);
    CHECK(server.ask("PUT", "/boot/script").status == 405);
}

TEST_CASE("the API wants the token, the page and health do not") {
    support::TestSite test;
    TestServer server(test);
    for (const auto* path : {"/api/v1/hosts", "/api/v1/hosts/r640", "/api/v1/images", "/api/v1/events"}) {
        CAPTURE(path);
        const auto refused = server.ask("GET", path);
        CHECK(refused.status == 401);
        CHECK(text(refused).find("52:54") == std::string::npos);
        CHECK(server.ask("GET", path, {}, "wrong-token-0123456789").status == 401);
        CHECK(server.ask("GET", path, {}, "0123456789abcdef0123").status == 200);
    }
    CHECK(text(server.ask("GET", "/healthz")) == "ok\n");
    CHECK(text(server.ask("GET", "/")).starts_with("<!doctype html>"));
    CHECK(server.ask("GET", "/ui/page.js").status == 200);
    CHECK(server.ask("GET", "/ui/other").status == 404);
}

TEST_CASE("hosts are listed whether they were seen or not, and an unknown one is said to be") {
    support::TestSite test;
    TestServer server(test);
    const auto hosts = server.api("/api/v1/hosts").as_array();
    REQUIRE(hosts.size() == 4);
    CHECK(hosts[2].at("name") == "held");
    CHECK(hosts[2].at("condition") == "held");
    CHECK(hosts[3].at("stage") == "none");
    CHECK(server.ask("GET", "/api/v1/hosts/nobody", {}, "0123456789abcdef0123").status == 404);
}

TEST_CASE("events come in pages, after an id") {
    support::TestSite test;
    TestServer server(test);
    for (int i = 0; i < 3; ++i)
        start_boot(server, test);
    CHECK(server.api("/api/v1/events").as_array().size() == 3);
    CHECK(server.api("/api/v1/events?after=2").as_array().size() == 1);
    CHECK(server.api("/api/v1/events?limit=2").as_array().size() == 2);
    CHECK(server.ask("GET", "/api/v1/events?after=nonsense", {}, TestServer::token).status == 400);
    CHECK(server.api("/api/v1/events?host=nobody").as_array().empty());
}

TEST_CASE("with a full disk machines boot on, nobody has a receipt, and whoever asks is told") {
    support::TestSite one({}, std::make_unique<FullJournal>(1));
    TestServer server(one);
    REQUIRE(server.ask("GET", "/boot/script?mac=52:54:00:00:00:01").status == 200);
    CHECK(text(server.ask("GET", "/healthz")) == "ok\n");
    const auto boot = one.boots().roll().hosts.at("r640").current()->id;
    for (int i = 0; i < 2; ++i) {
        const auto up = server.ask("POST", "/boot/" + boot + "/up");
        CHECK(up.status == 503);
        CHECK(text(up).find("not yet kept") != std::string::npos);
        CHECK(std::find(up.headers.begin(), up.headers.end(),
                        std::pair<std::string, std::string>("Retry-After", "5")) != up.headers.end());
    }
    CHECK(one.boots().roll().hosts.at("r640").stage == boots::Stage::up);
    CHECK(server.ask("GET", "/boot/script?mac=52:54:00:00:00:01").status == 200);
    const auto health = server.ask("GET", "/healthz");
    CHECK(health.status == 200);
    CHECK(text(health).starts_with("degraded: cannot append to the journal"));
    CHECK(text(server.ask("GET", "/metrics")).find("musterd_journal_failing 1") != std::string::npos);
}

TEST_CASE("who asks for the latest hears the last event first") {
    support::TestSite test;
    TestServer server(test);
    CHECK(server.api("/api/v1/events?after=latest").as_array().empty());
    for (int i = 0; i < 3; ++i)
        start_boot(server, test);
    CHECK(server.api("/api/v1/events?after=latest").as_array().at(0).at("id") == 3);
}

TEST_CASE("what a host would be served can be seen, with no boot minted and nothing noted") {
    support::TestSite test;
    TestServer server(test);
    const auto rendered = [&](const std::string& host, const std::string& what) {
        return server.ask("GET", "/api/v1/hosts/" + host + "/render?what=" + what, {}, "0123456789abcdef0123");
    };
    const auto script = rendered("r640", "script");
    CHECK(script.status == 200);
    CHECK(text(script).find("/boot/00000000000000000000000000/kernel console=ttyS0 host=r640") != std::string::npos);
    CHECK(text(rendered("r640", "grub")).find("if linux '(http,") != std::string::npos);
    const auto overlay = text(rendered("r640", "overlay"));
    CHECK(overlay.find("==> .initrd-secrets/run/musterd/boot.json <==") != std::string::npos);
    CHECK(overlay.find("demo@" + test.image().digest) != std::string::npos);
    CHECK(text(rendered("disk", "script")).find("boots from its own disk") != std::string::npos);
    CHECK(rendered("disk", "overlay").status == 409);
    CHECK(rendered("nobody", "script").status == 404);
    CHECK(rendered("r640", "secrets").status == 400);
    CHECK(test.events().empty());
}

TEST_CASE("cloud-init finds its seed by HTTP, and each fetch is an event with its bytes") {
    support::TestSite test;
    TestServer server(test);
    const auto boot = start_boot(server, test);
    const auto user_data = server.ask("GET", "/boot/" + boot + "/seed/user-data");
    REQUIRE(user_data.status == 200);
    CHECK(text(user_data).starts_with("#cloud-config\nhostname: \"r640\"\n"));
    const auto size = text(user_data).size();
    user_data.on_end({size, size, 0, size, true, {}, {}});
    CHECK(test.events().back().file == "seed/user-data");
    CHECK(test.events().back().sent == size);
    CHECK(test.boots().roll().hosts.at("r640").stage == boots::Stage::system);
    CHECK(server.ask("HEAD", "/boot/" + boot + "/seed/meta-data").status == 200);
    const auto empty = server.ask("GET", "/boot/" + boot + "/seed/vendor-data");
    CHECK(empty.status == 200);
    CHECK(text(empty).empty());
    CHECK(server.ask("GET", "/boot/" + boot + "/seed/other").status == 404);
    CHECK(server.ask("GET", "/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/seed/meta-data").status == 404);
    CHECK(server.ask("GET", "/boot/" + boot + "/seed/").status == 404);
}

TEST_CASE("a host that is put on hold while it boots waits for its seed") {
    support::TestSite test;
    TestServer server(test);
    const auto boot = start_boot(server, test);
    support::TestSite held({}, std::make_unique<FullJournal>(100),
                           "[[host]]\nname = \"six\"\nmac = \"52:54:00:00:00:06\"\nprofile = \"hold\"\n");
    TestServer holding(held);
    base::Event started;
    started.kind = base::EventKind::boot_started;
    started.host = "six";
    started.boot = boot;
    started.mac = "52:54:00:00:00:06";
    REQUIRE(held.boots().record(started));
    const auto answer = holding.ask("GET", "/boot/" + boot + "/seed/user-data");
    CHECK(answer.status == 503);
    CHECK(std::find(answer.headers.begin(), answer.headers.end(),
                    std::pair<std::string, std::string>("Retry-After", "5")) != answer.headers.end());
}

TEST_CASE("metrics count what happens and show where hosts are, without a token and without names") {
    support::TestSite test;
    TestServer server(test);
    const auto has = [&server](const std::string& line) {
        const auto answer = server.ask("GET", "/metrics");
        CHECK(answer.status == 200);
        CHECK(answer.content_type == "text/plain; version=0.0.4; charset=utf-8");
        return ("\n" + std::get<std::string>(answer.body)).find("\n" + line + "\n") != std::string::npos;
    };
    CHECK(has("musterd_build_info{version=\"1.2.3\"} 1"));
    CHECK(has("musterd_hosts{condition=\"ok\",stage=\"none\"} 4"));
    server.ask("GET", "/boot/script?mac=52:54:00:00:00:01");
    const auto boot = test.events().back().boot;
    CHECK(has("musterd_hosts{condition=\"ok\",stage=\"script\"} 1"));
    CHECK(has("musterd_hosts{condition=\"ok\",stage=\"none\"} 3"));
    base::Event kernel;
    kernel.kind = base::EventKind::file_sent;
    kernel.host = "r640";
    kernel.boot = boot;
    kernel.file = "kernel";
    kernel.sent = kernel.size = 4096;
    kernel.details["protocol"] = "http";
    test.advance(std::chrono::seconds(3));
    test.site().note(kernel);
    kernel.reason = "the client left";
    kernel.sent = 4;
    test.site().note(kernel);
    test.advance(std::chrono::seconds(40));
    server.ask("POST", "/boot/" + boot + "/up");
    CHECK(has("musterd_transfers_total{protocol=\"http\",result=\"whole\"} 1"));
    CHECK(has("musterd_transfers_total{protocol=\"http\",result=\"broken\"} 1"));
    CHECK(has("musterd_transfer_bytes_total{protocol=\"http\"} 4100"));
    kernel.sent = 1000;  // of it by now, and for that so much was sent
    kernel.details["bytes"] = "1500";
    test.site().note(kernel);
    CHECK(has("musterd_transfer_bytes_total{protocol=\"http\"} 5600"));
    CHECK(has("musterd_boot_seconds_bucket{stage=\"kernel\",le=\"2\"} 0"));
    CHECK(has("musterd_boot_seconds_bucket{stage=\"kernel\",le=\"5\"} 1"));
    CHECK(has("musterd_boot_seconds_sum{stage=\"up\"} 43"));
    CHECK(has("musterd_stage_seconds_sum{stage=\"up\"} 40"));
    CHECK(has("musterd_stage_seconds_count{stage=\"kernel\"} 1"));
    server.metrics().count_dhcp("ignore", "policy");
    CHECK(has("musterd_dhcp_packets_total{decision=\"ignore\",reason=\"policy\"} 1"));
    server.ask("GET", "/api/v1/hosts");
    CHECK(has("musterd_api_refusals_total{status=\"401\"} 1"));
    CHECK(has("musterd_events_total{kind=\"up\"} 1"));
    CHECK(has("musterd_hosts{condition=\"ok\",stage=\"script\"} 0"));
    CHECK(has("musterd_journal_events 5"));
    CHECK_FALSE(has("process_resident_memory_bytes 0"));
    const auto text = std::get<std::string>(server.ask("GET", "/metrics").body);
    CHECK(text.find("r640") == std::string::npos);
}
