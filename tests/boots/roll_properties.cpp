#include "server/boots/roll_snapshot.hpp"
#include "tests/boots/stories.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

using namespace musterd;
using base::Event;
using base::EventKind;

namespace {

boots::Roll after(const std::vector<Event>& events) {
    boots::Roll roll;
    for (const auto& one : events)
        boots::reduce(roll, one);
    return roll;
}

/// The roll written down and read again.
boots::Roll copied(const boots::Roll& roll) {
    boots::Roll copy;
    for (const auto& [name, host] : roll.hosts) {
        auto read = boots::host_from_snapshot(boots::to_snapshot(host));
        REQUIRE(read);
        copy.put(name, std::move(*read));
    }
    for (const auto& [mac, machine] : roll.unknown) {
        auto read = boots::machine_from_snapshot(boots::to_snapshot(machine));
        REQUIRE(read);
        copy.unknown[mac] = std::move(*read);
    }
    return copy;
}

}  // namespace

TEST_CASE("model: whatever a machine does, the roll says of it what a small model says") {
    for (std::uint32_t seed = 0; seed < 300; ++seed) {
        stories::Machine machine("r640", seed);
        boots::Roll roll;
        for (std::uint64_t id = 1; id <= 60; ++id) {
            boots::reduce(roll, machine.step(id));
            const auto& host = roll.hosts.at("r640");
            CAPTURE(seed);
            CAPTURE(id);
            REQUIRE(boots::to_string(host.stage) == machine.stage);
            REQUIRE(boots::to_string(host.condition) == machine.condition);
            REQUIRE((host.current() == nullptr ? "" : host.current()->id) == machine.current);
            REQUIRE(host.offers == machine.offers);
            REQUIRE(host.began == machine.began);
            if (host.current() != nullptr) REQUIRE(roll.find_boot(machine.current).boot == host.current());
        }
    }
}

TEST_CASE("property: events said twice or replayed from any point give the same roll") {
    std::mt19937 random(1);
    for (std::uint32_t seed = 0; seed < 50; ++seed) {
        const auto events = stories::of_machines(3, 200, seed);
        std::vector<Event> again;
        for (std::size_t i = 0; i < events.size(); ++i) {
            again.push_back(events[i]);
            if (random() % 4 == 0) again.push_back(events[random() % (i + 1)]);
            if (random() % 32 == 0) again.insert(again.end(), events.begin(), events.begin() + static_cast<int>(i));
        }
        CHECK(after(again) == after(events));
    }
}

TEST_CASE("property: how the hosts' events are interleaved does not matter") {
    std::mt19937 random(2);
    for (std::uint32_t seed = 0; seed < 50; ++seed) {
        const auto events = stories::of_machines(4, 200, seed);
        std::map<std::string, std::vector<Event>> by_host;
        for (const auto& event : events)
            by_host[event.host].push_back(event);
        std::vector<std::string> turns;
        for (const auto& event : events)
            turns.push_back(event.host);
        std::shuffle(turns.begin(), turns.end(), random);
        std::map<std::string, std::size_t> taken;
        std::vector<Event> shuffled;
        for (const auto& host : turns)
            shuffled.push_back(by_host[host][taken[host]++]);
        CHECK(after(shuffled) == after(events));
    }
}

TEST_CASE("property: events of an older boot leave stage, condition, reason, time and boot as they are") {
    std::mt19937 random(3);
    for (std::uint32_t seed = 0; seed < 200; ++seed) {
        auto roll = after(stories::of_machines(1, 80, seed));
        const auto before = roll.hosts.at("n0");
        if (before.boots.size() < 2) continue;
        for (std::uint64_t id = 1000; id < 1010; ++id) {
            static constexpr EventKind kinds[]{EventKind::up,        EventKind::boot_failed, EventKind::boot_started,
                                               EventKind::file_sent, EventKind::host_late,   EventKind::installing,
                                               EventKind::installed};
            Event late;
            late.id = id;
            late.kind = kinds[random() % 7];
            late.host = "n0";
            late.boot = before.boots[1 + random() % (before.boots.size() - 1)].id;
            late.file = "initrd";
            late.sent = late.size = 9;
            late.details = {{"awaited", "up"}};
            boots::reduce(roll, late);
        }
        const auto& now = roll.hosts.at("n0");
        CHECK(now.stage == before.stage);
        CHECK(now.condition == before.condition);
        CHECK(now.reason == before.reason);
        CHECK(now.since == before.since);
        CHECK(now.booting == before.booting);
        CHECK(now.boots.front() == before.boots.front());
    }
}

TEST_CASE("property: any order of events gives a roll in which every stage reached has its time") {
    std::mt19937 random(4);
    for (std::uint32_t seed = 0; seed < 100; ++seed) {
        auto events = stories::of_machines(2, 100, seed);
        std::shuffle(events.begin(), events.end(), random);
        for (auto& event : events)
            event.id = 0;
        const auto roll = after(events);
        for (const auto& [name, host] : roll.hosts) {
            CHECK(host.boots.size() <= boots::HostState::boots_kept);
            const auto* boot = host.current();
            if (boot == nullptr) continue;
            CHECK(boot->stages.contains(host.stage));
            CHECK(roll.find_boot(boot->id).boot == boot);
        }
    }
}

TEST_CASE("property: a roll written down and read again is the same, and goes on the same") {
    for (std::uint32_t seed = 0; seed < 50; ++seed) {
        const auto events = stories::of_machines(3, 200, seed);
        boots::Roll roll;
        boots::Roll other;
        for (std::size_t i = 0; i < events.size(); ++i) {
            boots::reduce(roll, events[i]);
            boots::reduce(other, events[i]);
            if (i % 40 == 0) other = copied(other);
        }
        CHECK(other == roll);
        CHECK(copied(roll) == roll);
    }
}

TEST_CASE("what is no snapshot is refused with a reason") {
    for (const auto* text : {"", "{}", "[]", R"({"stage":"up"})", R"({"stage":"elsewhere"})", "\xff"}) {
        CAPTURE(text);
        CHECK_FALSE(boots::host_from_snapshot(text));
        CHECK_FALSE(boots::machine_from_snapshot(text));
    }
    auto host = boots::to_snapshot(boots::HostState{});
    CHECK(boots::host_from_snapshot(host));
    host.replace(host.find("\"ok\""), 4, "\"no\"");
    CHECK_FALSE(boots::host_from_snapshot(host));
}

TEST_CASE("what the reducer makes of a fixed story is what reducer_version stands for") {
    std::string text;
    for (const auto& [name, host] : after(stories::of_machines(3, 300, 7)).hosts)
        text += boots::to_snapshot(host);
    std::uint64_t hash = 1469598103934665603U;  // FNV-1a
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1099511628211U;
    }
    // Another number means that rolls which older servers kept are no longer what this one would make of the same
    // events: count reducer_version up, and write the new number here.
    CHECK(boots::reducer_version == 2);
    CHECK(hash == 11815730456667337994U);
}
