#include "server/boots/deadline.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace std::chrono_literals;
using base::Event;
using base::EventKind;
using boots::Expectation;
using boots::Stage;
using boots::Wait;

namespace {

/// A host whose story is told second by second.
class Story {
public:
    Story& offer(int second) { return add(EventKind::dhcp_offer, second); }
    Story& loader(int second) { return file(second, "snponly.efi", 100, 100, {}); }
    Story& script(int second) {
        boot_ = "01ARYZ6S41TSV4RRFFQ69G5F" + std::to_string(10 + boots_++);
        return add(EventKind::boot_started, second);
    }
    Story& file(int second, std::string name, std::uint64_t sent, std::uint64_t size) {
        return file(second, std::move(name), sent, size, boot_);
    }
    Story& up(int second) { return add(EventKind::up, second); }
    Story& installing(int second) { return add(EventKind::installing, second); }
    Story& installed(int second) { return add(EventKind::installed, second); }
    Story& late(int second, std::string awaited) {
        auto event = made(EventKind::host_late, second);
        event.reason = "late";
        event.details["awaited"] = std::move(awaited);
        if (host().current() == nullptr) event.boot.clear();
        return take(event);
    }
    /// A whole boot up to the initrd, from its first offer on.
    Story& up_to_initrd(int second, std::uint64_t initrd = 9) {
        offer(second).loader(second + 1).script(second + 2).file(second + 3, "kernel", 8, 8);
        return file(second + 4, "initrd", initrd, initrd);
    }

    [[nodiscard]] const boots::HostState& host() const { return roll_.hosts.at("r640"); }
    [[nodiscard]] std::optional<std::string> lateness(int second, const Expectation& expectation = {}) const {
        return boots::lateness(host(), expectation, base::Time(std::chrono::seconds(second)));
    }

private:
    Event made(EventKind kind, int second) const {
        Event event;
        event.kind = kind;
        event.host = "r640";
        event.time = base::Time(std::chrono::seconds(second));
        event.boot = kind == EventKind::dhcp_offer ? std::string{} : boot_;
        event.image = "demo@1";
        return event;
    }
    Story& add(EventKind kind, int second) { return take(made(kind, second)); }
    Story& file(int second, std::string name, std::uint64_t sent, std::uint64_t size, const std::string& boot) {
        auto event = made(EventKind::file_sent, second);
        event.boot = boot;
        event.file = std::move(name);
        event.sent = sent;
        event.size = size;
        if (sent < size) event.reason = "client left";
        return take(event);
    }
    Story& take(const Event& event) {
        boots::reduce(roll_, event);
        return *this;
    }

    boots::Roll roll_;
    std::string boot_;
    int boots_ = 0;
};

Expectation sizes(std::uint64_t kernel, std::uint64_t initrds, std::uint64_t root) {
    Expectation expectation;
    expectation.kernel = kernel;
    expectation.initrds = initrds;
    expectation.root = root;
    return expectation;
}

}  // namespace

TEST_CASE("what a host has to show next, and in what time") {
    const auto all = sizes(10'000'000, 200'000'000, 1'000'000'000);
    CHECK_FALSE(boots::waiting_for({}, all));
    CHECK(boots::waiting_for(Story().offer(1).host(), all) == Wait{Stage::loader, 60s});
    CHECK(boots::waiting_for(Story().offer(1).loader(2).host(), all) == Wait{Stage::script, 90s});
    const auto script = Story().offer(1).script(2);
    CHECK(boots::waiting_for(script.host(), all) == Wait{Stage::kernel, 35s});
    const auto kernel = Story().offer(1).script(2).file(3, "kernel", 8, 8);
    CHECK(boots::waiting_for(kernel.host(), all) == Wait{Stage::initrd, 130s});
    CHECK(boots::waiting_for(kernel.host(), sizes(8, 0, 0)) == Wait{Stage::up, 8min});
    const auto initrd = Story().up_to_initrd(1);
    CHECK(boots::waiting_for(initrd.host(), all) == Wait{Stage::root, 3min + 500s});
    CHECK(boots::waiting_for(initrd.host(), sizes(8, 9, 0)) == Wait{Stage::up, 8min});
    CHECK_FALSE(boots::waiting_for(Story().up_to_initrd(1).up(9).host(), all));
}

TEST_CASE("of what cannot say that it is up nothing is awaited, unless a person does") {
    Expectation silent;
    silent.last = Stage::kernel;
    CHECK(boots::waiting_for(Story().offer(1).script(2).host(), silent) == Wait{Stage::kernel, 30s});
    const auto loaded = Story().offer(1).script(2).file(3, "loader", 8, 8);
    CHECK(loaded.host().stage == Stage::kernel);
    CHECK_FALSE(boots::waiting_for(loaded.host(), silent));
    silent.limits[Stage::up] = 9min;
    CHECK(boots::waiting_for(loaded.host(), silent) == Wait{Stage::up, 9min});
}

TEST_CASE("a host that installs has to say so, and that it is done, and nothing after it") {
    auto all = sizes(10'000'000, 200'000'000, 0);
    all.installs = true;
    auto story = Story().up_to_initrd(1);
    CHECK(boots::waiting_for(story.host(), all) == Wait{Stage::installing, 10min});
    all.limits[Stage::installed] = 20s;
    story.installing(100);
    CHECK(boots::waiting_for(story.host(), all) == Wait{Stage::installed, 20s});
    CHECK(story.lateness(122, all)->starts_with("it began to install and did not say that it is done; installed is "));
    story.installed(110);
    CHECK_FALSE(boots::waiting_for(story.host(), all));
}

TEST_CASE("a person's limit goes before ours, and so does what the host's last boots took") {
    Expectation told;
    told.limits[Stage::loader] = 5s;
    CHECK(boots::waiting_for(Story().offer(1).host(), told) == Wait{Stage::loader, 5s});
    // Half of ours is the least; three times the longest that was needed counts above it.
    const auto quick = Story().offer(1).loader(2).script(3).up(9).offer(100);
    CHECK(boots::waiting_for(quick.host(), {}) == Wait{Stage::loader, 30s});
    const auto slow = Story().offer(1).loader(51).script(52).up(59).offer(100).loader(103).script(104).offer(200);
    CHECK(boots::waiting_for(slow.host(), {}) == Wait{Stage::loader, 150s});
}

TEST_CASE("after the clock was set back a host is late in its time, and not a day later") {
    const auto story = Story().offer(100'000);
    Expectation since_then;
    since_then.not_before = base::Time(13'600s);  // the clock went back to here
    CHECK_FALSE(story.lateness(13'660, since_then));
    CHECK(story.lateness(13'661, since_then)->find("loader is awaited since 1 min 1 s") != std::string::npos);
}

TEST_CASE("a host is late after its time, says why, and is told so once") {
    auto story = Story().offer(10);
    CHECK_FALSE(story.lateness(70));
    CHECK(
        *story.lateness(71) ==
        "its firmware asked once and fetched nothing of ours: it took another server's answer, or we cannot be reached "
        "(musterd doctor looks for both); loader is awaited since 1 min 1 s, and 1 min 0 s is allowed");
    story.offer(14).offer(22);
    CHECK(story.lateness(71)->starts_with("its firmware asked 3 times"));
    story.late(71, "loader");
    CHECK(story.host().condition == boots::Condition::late);
    CHECK(story.host().reason == "late");
    CHECK_FALSE(story.lateness(72));
    story.loader(75);
    CHECK(story.host().condition == boots::Condition::ok);
    CHECK(story.host().reason.empty());
}

TEST_CASE("the reason names what was seen last") {
    CHECK(
        Story().offer(1).loader(2).lateness(100)->starts_with("the loader was fetched and never asked for its script"));
    CHECK(Story().offer(1).script(2).lateness(100)->starts_with("it has its script and fetched nothing; kernel"));
    CHECK(Story()
              .offer(1)
              .script(2)
              .file(9, "kernel", 2'120'000, 6'400'000)
              .lateness(100)
              ->starts_with("kernel: 2.1 of 6.4 MB fetched, then nothing"));
    CHECK(Story().up_to_initrd(1).lateness(1000)->starts_with("fetched whole: initrd, kernel; then nothing was heard"));
}

TEST_CASE("nothing is late of the time when nobody listened, nor when the clock was set back") {
    Expectation listening;
    listening.not_before = base::Time(1000s);
    const auto story = Story().offer(10);
    CHECK_FALSE(story.lateness(1060, listening));
    CHECK(story.lateness(1061, listening).has_value());
    CHECK_FALSE(story.lateness(5));
}

TEST_CASE("word of being late that comes too late changes nothing") {
    auto story = Story().offer(10).loader(69).late(71, "loader");
    CHECK(story.host().condition == boots::Condition::ok);
    auto other = Story().up_to_initrd(1);
    other.offer(50).late(51, "up");  // of the boot before, whose id it does not carry: it counts for the new one
    CHECK(other.host().condition == boots::Condition::late);
    auto old = Story().up_to_initrd(1).late(20, "up");
    CHECK(old.host().condition == boots::Condition::late);
    old.offer(50);
    CHECK(old.host().condition == boots::Condition::ok);
}

TEST_CASE("a third boot that ends like the two before it is a loop, said at once") {
    auto story = Story().up_to_initrd(1).up_to_initrd(100);
    CHECK_FALSE(story.lateness(105));
    story.offer(200).loader(201).script(202);
    CHECK_FALSE(story.lateness(203));
    story.file(203, "kernel", 8, 8).file(204, "initrd", 9, 9);
    CHECK(
        *story.lateness(205) ==
        "it goes round: two boots before this one ended without coming up, after the same files (initrd, kernel): the "
        "image does not start on it, or it has too little memory");
    CHECK_FALSE(Story().up_to_initrd(1).up(9).up_to_initrd(100).up_to_initrd(200).lateness(205));
    CHECK_FALSE(Story().up_to_initrd(1, 8).up_to_initrd(100).up_to_initrd(200).lateness(205));
}
