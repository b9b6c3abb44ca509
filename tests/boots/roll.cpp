#include "server/boots/roll.hpp"

#include "server/base/ulid.hpp"
#include "server/boots/installation.hpp"
#include "server/boots/roll_json.hpp"

#include <doctest/doctest.h>
#include <boost/json/serialize.hpp>

#include <vector>

using namespace musterd;
using namespace std::chrono_literals;
using base::Event;
using base::EventKind;
using boots::Stage;

namespace {

const std::string boot_one = "01ARYZ6S41TSV4RRFFQ69G5FAV";
const std::string boot_two = "01ARYZ6S42TSV4RRFFQ69G5FAV";

Event event(EventKind kind, int second, std::string boot = {}, std::string file = {}, std::uint64_t sent = 0,
            std::uint64_t size = 0) {
    Event made;
    made.kind = kind;
    made.time = base::Time(std::chrono::seconds(second));
    made.host = "r640";
    made.boot = std::move(boot);
    made.file = std::move(file);
    if (size > 0) {
        made.sent = sent;
        made.size = size;
        if (sent < size) made.reason = "client left";
    }
    return made;
}

std::vector<Event> whole_boot() {
    return {event(EventKind::dhcp_offer, 1),
            event(EventKind::file_sent, 2, {}, "snponly.efi", 100, 100),
            event(EventKind::dhcp_offer, 3),
            event(EventKind::boot_started, 4, boot_one),
            event(EventKind::file_sent, 5, boot_one, "kernel", 8, 8),
            event(EventKind::file_sent, 6, boot_one, "initrd", 3, 9),
            event(EventKind::file_sent, 7, boot_one, "initrd", 9, 9),
            event(EventKind::file_sent, 7, boot_one, "overlay", 1, 1),
            event(EventKind::up, 8, boot_one)};
}

/// The roll after these, each journalled when it came.
boots::Roll after(const std::vector<Event>& events) {
    boots::Roll roll;
    std::uint64_t id = 0;
    for (auto one : events) {
        one.id = ++id;
        boots::reduce(roll, one);
    }
    return roll;
}

}  // namespace

TEST_CASE("a boot passes its stages one by one, each with its time") {
    boots::Roll roll;
    const std::vector<Stage> expected{Stage::firmware, Stage::loader, Stage::loader, Stage::script, Stage::kernel,
                                      Stage::kernel,   Stage::initrd, Stage::initrd, Stage::up};
    const auto events = whole_boot();
    for (std::size_t i = 0; i < events.size(); ++i) {
        boots::reduce(roll, events[i]);
        CAPTURE(i);
        CHECK(roll.hosts.at("r640").stage == expected[i]);
    }
    const auto& host = roll.hosts.at("r640");
    REQUIRE(host.current() != nullptr);
    CHECK(host.since == base::Time(8s));
    CHECK(host.current()->stages.size() == 6);
    CHECK(host.current()->stages.at(Stage::loader) == base::Time(2s));
    CHECK(host.current()->bytes.at("initrd") == boots::FileProgress{9, 9});
}

TEST_CASE("a file that did not arrive whole is no stage, but its bytes are known") {
    auto events = whole_boot();
    events.resize(6);
    const auto roll = after(events);
    CHECK(roll.hosts.at("r640").stage == Stage::kernel);
    CHECK(roll.hosts.at("r640").current()->bytes.at("initrd") == boots::FileProgress{3, 9});
}

TEST_CASE("the firmware of a host that was up opens a new attempt: someone power-cycled it") {
    auto events = whole_boot();
    events.push_back(event(EventKind::dhcp_offer, 20));
    const auto roll = after(events);
    const auto& host = roll.hosts.at("r640");
    CHECK(host.stage == Stage::firmware);
    CHECK(host.current() == nullptr);
    CHECK(roll.find_boot(boot_one).boot != nullptr);
}

TEST_CASE("events of an older boot do not move the newer one") {
    auto events = whole_boot();
    events.push_back(event(EventKind::boot_started, 30, boot_two));
    events.push_back(event(EventKind::up, 31, boot_one));
    events.push_back(event(EventKind::file_sent, 31, boot_one, "kernel", 8, 8));
    events.push_back(event(EventKind::boot_started, 32, boot_one));
    events.push_back(event(EventKind::boot_failed, 33, boot_one));
    const auto roll = after(events);
    const auto& host = roll.hosts.at("r640");
    CHECK(host.stage == Stage::script);
    CHECK(host.condition == boots::Condition::ok);
    CHECK(host.current()->id == boot_two);
}

TEST_CASE("only the last boots are kept") {
    boots::Roll roll;
    std::string id = boot_one;
    for (int i = 0; i < 10; ++i) {
        id = base::ulid_after(id);
        boots::reduce(roll, event(EventKind::boot_started, i, id));
    }
    CHECK(roll.hosts.at("r640").boots.size() == boots::HostState::boots_kept);
    CHECK(roll.find_boot(id).boot != nullptr);
    CHECK(roll.find_boot(boot_one).boot == nullptr);
}

TEST_CASE("a clock that was set back changes no order: firmware that asks again has been switched on again") {
    auto second = whole_boot();
    for (auto& again : second) {
        again.time -= std::chrono::hours(24);
        if (!again.boot.empty()) again.boot = boot_two;
    }
    auto all = whole_boot();
    all.insert(all.end(), second.begin(), second.end());
    const auto roll = after(all);
    CHECK(roll.hosts.at("r640").stage == Stage::up);
    CHECK(roll.hosts.at("r640").current()->id == boot_two);
}

TEST_CASE("a failure that the machine reports is a condition with its reason, and progress clears it") {
    auto events = whole_boot();
    events.pop_back();
    auto failed = event(EventKind::boot_failed, 8, boot_one);
    failed.reason = "no disk";
    events.push_back(failed);
    CHECK(after(events).hosts.at("r640").condition == boots::Condition::failed);
    CHECK(after(events).hosts.at("r640").reason == "no disk");
    events.push_back(event(EventKind::up, 9, boot_one));
    CHECK(after(events).hosts.at("r640").condition == boots::Condition::ok);
}

TEST_CASE("events of no host change nothing") {
    boots::Roll roll;
    Event stray = event(EventKind::machine_seen, 1);
    stray.host.clear();
    boots::reduce(roll, stray);
    CHECK(roll == boots::Roll{});
}

TEST_CASE("a host is shown with the keys of the contract") {
    boost::json::object host{{"name", "r640"}};
    boots::add_state(host, after(whole_boot()).hosts.at("r640"));
    const auto text = boost::json::serialize(host);
    CHECK(text.find(R"("stage":"up","condition":"ok","reason":"","since":"1970-01-01T00:00:08.000Z","boot":{"id":")" +
                    boot_one) != std::string::npos);
    CHECK(text.find(R"("bytes":{"initrd":{"sent":9,"size":9})") != std::string::npos);
    boost::json::object unseen;
    boots::add_state(unseen, {});
    CHECK(boost::json::serialize(unseen) ==
          R"({"stage":"none","condition":"ok","reason":"","since":null,"boot":null})");
}

TEST_CASE("machines that no host names are kept with what they said, until they become hosts") {
    std::uint64_t id = 0;
    const auto seen = [&id](const std::string& mac, int second) {
        auto made = event(EventKind::machine_seen, second);
        made.id = ++id;
        made.host.clear();
        made.mac = mac;
        made.reason = "no host has it";
        made.details["arch"] = "amd64";
        return made;
    };
    boots::Roll roll;
    for (const int second : {10, 20, 30}) {
        const auto once = seen("52:54:00:00:00:99", second);
        boots::reduce(roll, once);
        boots::reduce(roll, once);
    }
    REQUIRE(roll.unknown.size() == 1);
    const auto& machine = roll.unknown.at("52:54:00:00:00:99");
    CHECK(machine.first == base::Time(10s));
    CHECK(machine.last == base::Time(30s));
    CHECK(machine.times == 3);
    CHECK(machine.details.at("arch") == "amd64");
    auto offer = event(EventKind::dhcp_offer, 40);
    offer.mac = "52:54:00:00:00:99";
    boots::reduce(roll, offer);
    CHECK(roll.unknown.empty());

    for (int i = 0; i <= 1000; ++i)
        boots::reduce(roll, seen("m" + std::to_string(i), 1000 - i));
    CHECK(roll.unknown.size() == boots::Roll::unknown_kept);
    CHECK_FALSE(roll.unknown.contains("m0"));  // of the longest silence, whatever its clock said
}

namespace {
Event of_card(EventKind kind, int second, const std::string& boot) {
    auto made = event(kind, second, boot);
    made.mac = "52:54:00:00:00:01";
    return made;
}
Event ordered(const std::string& host, std::uint64_t id) {
    Event made;
    made.id = id;
    made.kind = EventKind::reinstall_ordered;
    made.host = host;
    return made;
}
const std::vector<std::string> no_cards;
}  // namespace

TEST_CASE("a boot that installs has its own stages, and what it did is remembered through later boots") {
    std::vector<Event> events{event(EventKind::dhcp_offer, 1), event(EventKind::boot_started, 2, boot_one),
                              of_card(EventKind::installing, 3, boot_one), of_card(EventKind::installing, 4, boot_one)};
    auto roll = after(events);
    CHECK(roll.hosts.at("r640").stage == Stage::installing);
    CHECK(roll.hosts.at("r640").since == base::Time(3s));
    const auto* known = boots::installation_of(roll, "r640", no_cards);
    REQUIRE(known != nullptr);
    CHECK(*known == boots::Installation{boot_one, "52:54:00:00:00:01", base::Time(3s), {}, 3});
    events.push_back(of_card(EventKind::installed, 9, boot_one));
    events.push_back(of_card(EventKind::installed, 10, boot_one));
    events.push_back(event(EventKind::dhcp_offer, 20));
    roll = after(events);
    CHECK(roll.hosts.at("r640").stage == Stage::firmware);
    known = boots::installation_of(roll, "r640", no_cards);
    REQUIRE(known != nullptr);
    CHECK(known->ended == base::Time(9s));
    boost::json::object json;
    boots::add_state(json, roll.hosts.at("r640"));
    CHECK(boost::json::serialize(json.at("installation")) ==
          R"({"boot":")" + boot_one +
              R"(","mac":"52:54:00:00:00:01","began":"1970-01-01T00:00:03.000Z","ended":"1970-01-01T00:00:09.000Z"})");
}

TEST_CASE("that a machine is installed counts also when nobody heard that it began") {
    const auto roll = after({event(EventKind::boot_started, 2, boot_one), of_card(EventKind::installed, 9, boot_one)});
    CHECK(roll.hosts.at("r640").stage == Stage::installed);
    CHECK(boots::installation_of(roll, "r640", no_cards)->ended == base::Time(9s));
}

TEST_CASE("an installation is known by the host's name and by its cards, until a person wants another") {
    const std::vector<Event> events{event(EventKind::boot_started, 2, boot_one),
                                    of_card(EventKind::installing, 3, boot_one)};
    auto roll = after(events);
    CHECK(boots::installation_of(roll, "renamed", no_cards) == nullptr);
    CHECK(boots::installation_of(roll, "renamed", {"52:54:00:00:00:09", "52:54:00:00:00:01"}) != nullptr);
    boots::reduce(roll, ordered("another", 10));
    CHECK(boots::installation_of(roll, "r640", no_cards) != nullptr);
    auto renamed = roll;
    boots::reduce(renamed, ordered("renamed", 11));
    CHECK(boots::installation_of(renamed, "renamed", {"52:54:00:00:00:01"}) == nullptr);
    CHECK(boots::installation_of(renamed, "r640", no_cards) != nullptr);
    boots::reduce(roll, ordered("r640", 11));
    CHECK(boots::installation_of(roll, "r640", {"52:54:00:00:00:01"}) == nullptr);
}

TEST_CASE("what an older boot says late of its installation moves nothing back") {
    std::vector<Event> events{event(EventKind::boot_started, 2, boot_one), of_card(EventKind::installing, 3, boot_one),
                              event(EventKind::boot_started, 4, boot_two), of_card(EventKind::installing, 5, boot_two),
                              of_card(EventKind::installed, 6, boot_one)};
    const auto roll = after(events);
    CHECK(roll.hosts.at("r640").stage == Stage::installing);
    CHECK(boots::installation_of(roll, "r640", no_cards)->boot == boot_two);
    CHECK_FALSE(boots::installation_of(roll, "r640", no_cards)->ended);
}
