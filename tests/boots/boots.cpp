#include "server/boots/boots.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <thread>

using namespace musterd;
using namespace std::chrono_literals;
using base::Event;
using base::EventKind;

namespace {

/// A journal that can be told to fail, as a full disk does.
class FailingJournal final : public boots::Journal {
public:
    base::Result<void> append(std::span<Event>) override { return base::Error("disk full"); }
    base::Result<void> read(std::uint64_t, const std::string&, const std::function<bool(Event)>&) override {
        return {};
    }
    base::Result<std::uint64_t> last_id() override { return 0U; }
};

/// The turns of the control thread and the work of the other thread, one at a time and when the test says so.
struct Turns {
    using Work = boots::Boots::Work;
    std::deque<Work> later;
    std::deque<std::pair<Work, Work>> aside;
    std::deque<Work> then;

    boots::Boots::PutOff put_off() {
        return {[this](Work work) { later.push_back(std::move(work)); },
                [this](Work work, Work after) { aside.emplace_back(std::move(work), std::move(after)); }};
    }
    static void run(std::deque<Work>& queue) {
        const auto work = std::move(queue.front());
        queue.pop_front();
        work();
    }
    void run_later() { run(later); }
    void run_then() { run(then); }
    void run_aside() {
        auto [work, after] = std::move(aside.front());
        aside.pop_front();
        then.push_back(std::move(after));
        work();
    }
};

Event of_host(EventKind kind) {
    Event event;
    event.kind = kind;
    event.host = "r640";
    return event;
}

}  // namespace

TEST_CASE("a restart rebuilds the same roll from the journal") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "state.db";
    const auto clock = [] { return base::Time(1000s); };
    boots::Roll before;
    {
        auto boots = boots::Boots::open(*boots::open_sqlite_journal(file), clock);
        REQUIRE(boots);
        REQUIRE((*boots)->record(of_host(EventKind::dhcp_offer)));
        const auto started = (*boots)->start_boot(of_host(EventKind::boot_started));
        REQUIRE(started);
        auto up = of_host(EventKind::up);
        up.boot = started->boot;
        REQUIRE((*boots)->record(up));
        before = (*boots)->roll();
        CHECK(before.hosts.at("r640").stage == boots::Stage::up);
    }
    auto again = boots::Boots::open(*boots::open_sqlite_journal(file), clock);
    REQUIRE(again);
    CHECK((*again)->roll() == before);
}

TEST_CASE("what cannot be journalled does not happen") {
    auto boots = boots::Boots::open(std::make_unique<FailingJournal>(), [] { return base::Time(1s); });
    REQUIRE(boots);
    int told = 0;
    const auto handle = (*boots)->subscribe([&](const Event&) { ++told; });
    CHECK_FALSE((*boots)->record(of_host(EventKind::dhcp_offer)));
    CHECK_FALSE((*boots)->start_boot(of_host(EventKind::boot_started)));
    CHECK((*boots)->roll().hosts.empty());
    CHECK(told == 0);
}

TEST_CASE("a boot minted after the clock was set back is still the newer one") {
    base::Time now(1000s);
    auto boots = boots::Boots::open(*boots::open_sqlite_journal({}), [&] { return now; });
    REQUIRE(boots);
    const auto first = (*boots)->start_boot(of_host(EventKind::boot_started));
    now -= 24h;
    const auto second = (*boots)->start_boot(of_host(EventKind::boot_started));
    REQUIRE(second);
    CHECK(second->boot > first->boot);
    CHECK((*boots)->roll().hosts.at("r640").current()->id == second->boot);
}

TEST_CASE("listeners hear every event until they drop their handle, even from within") {
    auto boots = boots::Boots::open(*boots::open_sqlite_journal({}), [] { return base::Time(1s); });
    REQUIRE(boots);
    std::vector<std::uint64_t> heard;
    std::shared_ptr<void> handle;
    handle = (*boots)->subscribe([&](const Event& event) {
        heard.push_back(event.id);
        if (heard.size() == 2) handle.reset();
    });
    for (int i = 0; i < 4; ++i)
        REQUIRE((*boots)->record(of_host(EventKind::dhcp_offer)));
    CHECK(heard == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("what is noted waits for the turn's end, keeps its place among the rest, and is kept together") {
    auto boots = boots::Boots::open(*boots::open_sqlite_journal({}), [] { return base::Time(1s); });
    REQUIRE(boots);
    Turns turns;
    (*boots)->put_off(turns.put_off());
    std::vector<std::uint64_t> told;
    const auto handle = (*boots)->subscribe([&told](const Event& event) { told.push_back(event.id); });
    (*boots)->note(of_host(EventKind::dhcp_offer));
    (*boots)->note(of_host(EventKind::dhcp_ack));
    CHECK(told.empty());
    REQUIRE(turns.later.size() == 1);  // one turn for both
    turns.run_later();
    turns.run_aside();
    CHECK(told.empty());  // written, and the control thread does not know yet
    turns.run_then();
    CHECK(told == std::vector<std::uint64_t>{1, 2});

    // An answer is waiting for the fourth: it comes after those before it.
    (*boots)->note(of_host(EventKind::dhcp_ack));
    const auto recorded = (*boots)->record(of_host(EventKind::dhcp_ack));
    REQUIRE(recorded);
    CHECK(recorded->id == 4);
    CHECK(told == std::vector<std::uint64_t>{1, 2, 3, 4});
    turns.run_later();
    CHECK(turns.aside.empty());
    CHECK(told.size() == 4);
}

TEST_CASE("an answer waits for what another thread is writing, and comes after it") {
    auto boots = boots::Boots::open(*boots::open_sqlite_journal({}), [] { return base::Time(1s); });
    REQUIRE(boots);
    Turns turns;
    (*boots)->put_off(turns.put_off());
    (*boots)->note(of_host(EventKind::dhcp_offer));
    turns.run_later();
    (*boots)->note(of_host(EventKind::dhcp_ack));
    base::Result<Event> recorded = base::Error("not yet");
    {
        const std::jthread writer([&turns] { turns.run_aside(); });
        recorded = (*boots)->record(of_host(EventKind::dhcp_ack));
    }
    REQUIRE(recorded);
    CHECK(recorded->id == 3);
    turns.run_then();  // comes late: all is told already
    CHECK(*(*boots)->journal().last_id() == 3);
    CHECK(turns.aside.empty());
}

TEST_CASE("many noted events are written together, and told a few in each turn") {
    auto boots = boots::Boots::open(*boots::open_sqlite_journal({}), [] { return base::Time(1s); });
    REQUIRE(boots);
    Turns turns;
    (*boots)->put_off(turns.put_off());
    std::vector<std::uint64_t> told;
    const auto handle = (*boots)->subscribe([&told](const Event& event) { told.push_back(event.id); });
    for (int i = 0; i < 31; ++i)
        (*boots)->note(of_host(EventKind::dhcp_ack));
    CHECK(turns.aside.empty());
    for (int i = 0; i < 601; ++i)
        (*boots)->note(of_host(EventKind::dhcp_ack));
    CHECK(turns.aside.size() == 1);  // the 32nd does not wait for the turn's end; the others wait for those
    std::vector<std::size_t> so_far;
    while (!turns.aside.empty()) {
        turns.run_aside();
        turns.run_then();
        so_far.push_back(told.size());
    }
    CHECK(so_far.front() == 32);
    CHECK(so_far[1] == 64);  // of 512 that were written together
    CHECK(so_far.size() == 1 + 512 / 32 + 3);
    CHECK(told.size() == 632);
    CHECK(std::is_sorted(told.begin(), told.end()));
    CHECK(told.back() == 632);
}

TEST_CASE("an answer that comes while a few are told waits for the others, and none is told twice") {
    auto boots = boots::Boots::open(*boots::open_sqlite_journal({}), [] { return base::Time(1s); });
    REQUIRE(boots);
    Turns turns;
    (*boots)->put_off(turns.put_off());
    std::vector<std::uint64_t> told;
    const auto handle = (*boots)->subscribe([&told](const Event& event) { told.push_back(event.id); });
    for (int i = 0; i < 132; ++i)
        (*boots)->note(of_host(EventKind::dhcp_ack));
    turns.run_aside();
    turns.run_then();  // 32, and the next 100 are under way
    turns.run_aside();
    turns.run_then();
    CHECK(told.size() == 64);
    REQUIRE((*boots)->record(of_host(EventKind::up)));
    CHECK(told.size() == 133);
    while (!turns.aside.empty()) {
        turns.run_aside();
        turns.run_then();
    }
    CHECK(told.size() == 133);
    CHECK(std::is_sorted(told.begin(), told.end()));
}

TEST_CASE("a disk that cannot keep up makes the machines wait, not the memory fill") {
    auto boots = boots::Boots::open(*boots::open_sqlite_journal({}), [] { return base::Time(1s); });
    REQUIRE(boots);
    (*boots)->put_off({[](const auto&) {}, [](const auto& work, const auto&) { work(); }});
    int told = 0;
    const auto handle = (*boots)->subscribe([&told](const Event&) { ++told; });
    constexpr int most = 8192 + 32;  // 32 are under way
    for (int i = 0; i < most - 1; ++i)
        (*boots)->note(of_host(EventKind::dhcp_ack));
    CHECK(told == 0);
    (*boots)->note(of_host(EventKind::dhcp_ack));
    CHECK(told == most);
}

TEST_CASE("noted events that cannot be journalled are told of and did not happen; those of a stop are kept") {
    auto full = boots::Boots::open(std::make_unique<FailingJournal>(), [] { return base::Time(1s); });
    REQUIRE(full);
    std::string said;
    (*full)->on_failure([&said](const base::Error& error) { said = error.message(); });
    (*full)->note(of_host(EventKind::dhcp_offer));
    CHECK(said == "disk full");
    CHECK((*full)->roll().hosts.empty());

    const support::TemporaryFolder folder;
    const auto file = folder.path() / "state.db";
    {
        auto boots = boots::Boots::open(*boots::open_sqlite_journal(file), [] { return base::Time(1s); });
        REQUIRE(boots);
        Turns turns;
        (*boots)->put_off(turns.put_off());
        (*boots)->note(of_host(EventKind::dhcp_offer));
    }
    CHECK(*(*boots::open_sqlite_journal(file))->last_id() == 1);
}
