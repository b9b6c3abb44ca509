#include "server/api/webhook_message.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

using namespace musterd;
using base::Event;
using base::EventKind;

namespace {

Event event(EventKind kind, std::string file = {}, std::uint64_t sent = 10) {
    Event made;
    made.id = 7;
    made.kind = kind;
    made.host = "r640";
    made.boot = "01ARYZ6S41TSV4RRFFQ69G5FAV";
    made.file = std::move(file);
    if (!made.file.empty()) {
        made.sent = sent;
        made.size = 10;
    }
    return made;
}

}  // namespace

TEST_CASE("an event concerns a webhook when it brings a host to a stage or condition that it wants") {
    const std::vector<std::string> all{"script", "kernel", "initrd", "root", "system", "up", "late", "failed"};
    const std::pair<Event, const char*> table[] = {
        {event(EventKind::boot_started), "script"},
        {event(EventKind::file_sent, "kernel"), "kernel"},
        {event(EventKind::file_sent, "initrd"), "initrd"},
        {event(EventKind::file_sent, "root"), "root"},
        {event(EventKind::file_sent, "seed/user-data"), "system"},
        {event(EventKind::up), "up"},
        {event(EventKind::host_late), "late"},
        {event(EventKind::boot_failed), "failed"},
        {event(EventKind::script_refused), "failed"},
    };
    for (const auto& each : table) {
        const std::string wanted = each.second;
        CHECK(api::concern(each.first, all) == wanted);
        CHECK(api::concern(each.first, {wanted}) == wanted);
        CHECK_FALSE(api::concern(each.first, {}));
    }
    CHECK_FALSE(api::concern(event(EventKind::up), {"late", "failed"}));
    for (const auto& none : {event(EventKind::dhcp_offer), event(EventKind::server_started),
                             event(EventKind::file_sent, "overlay"), event(EventKind::file_sent, "kernel", 9)})
        CHECK_FALSE(api::concern(none, all));
    auto stranger = event(EventKind::up);
    stranger.host.clear();
    CHECK_FALSE(api::concern(stranger, all));
}

TEST_CASE("a message is JSON with the event in it, and has the same id at each attempt") {
    auto up = event(EventKind::up);
    up.reason = "\xff\"";
    up.time = base::Time(std::chrono::milliseconds(1'795'253'400'125));
    const auto body = boost::json::parse(api::webhook_body(up, "up"));
    CHECK(body.at("type") == "host.up");
    CHECK(body.at("id").as_string() == api::webhook_id(up));
    CHECK(body.at("timestamp") == "2026-11-21T09:30:00.125Z");
    CHECK(body.at("data").at("host") == "r640");
    auto other = up;
    other.id = 8;
    CHECK(api::webhook_id(other) != api::webhook_id(up));
}

// The example of the Standard Webhooks specification's reference libraries.
TEST_CASE("the signature is that of the specification's own example") {
    CHECK(api::webhook_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                                 R"({"test": 2432232314})") == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    CHECK(api::webhook_signature("plain words", "a", "1", "x") != api::webhook_signature("other words", "a", "1", "x"));
    CHECK(api::webhook_signature("s", "a", "1", "x") != api::webhook_signature("s", "b", "1", "x"));
}
