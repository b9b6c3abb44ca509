#include "server/boots/boots.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <numeric>
#include <thread>

using namespace musterd;
using namespace std::chrono_literals;
using base::Event;
using base::EventKind;

namespace {

/// A journal whose disk is full when the test says so.
class FullJournal final : public boots::Journal {
public:
    explicit FullJournal(const bool& full) : full_(full), kept_(*boots::open_sqlite_journal({})) {}
    base::Result<void> append(std::span<Event> events) override {
        if (full_) return base::Error("disk full");
        return kept_->append(events);
    }
    base::Result<void> read(std::uint64_t after, const std::string& host,
                            const std::function<bool(Event)>& take) override {
        return kept_->read(after, host, take);
    }

private:
    const bool& full_;
    std::unique_ptr<boots::Journal> kept_;
};

/// Boots with such a journal.
struct Disk {
    bool full = false;
    boots::Journal* journal = nullptr;
    base::Time now{1000s};
    std::unique_ptr<boots::Boots> boots;
    std::vector<Event> told;
    std::vector<std::string> failures;
    std::shared_ptr<void> handle;

    Disk() {
        auto made = std::make_unique<FullJournal>(full);
        journal = made.get();
        boots = *boots::Boots::open(std::move(made), [this] { return now; });
        boots->on_failure([this](const base::Error& error) { failures.push_back(error.message()); });
        handle = boots->subscribe([this](const Event& event) { told.push_back(event); });
    }
    [[nodiscard]] static std::vector<Event> all(auto& from) {
        std::vector<Event> events;
        REQUIRE(from.read(0, {}, [&events](Event event) {
            events.push_back(std::move(event));
            return true;
        }));
        return events;
    }
    [[nodiscard]] std::vector<Event> written() const { return all(*journal); }
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

/// Boots whose noted events wait for the test, and what listeners were told so far.
struct PutOffBoots {
    PutOffBoots() {
        auto opened = boots::Boots::open(*boots::open_sqlite_journal({}), [] { return base::Time(1s); });
        REQUIRE(opened);
        boots = std::move(*opened);
        boots->put_off(turns.put_off());
        handle = boots->subscribe([this](const Event& event) { told.push_back(event.id); });
    }
    void note(int count) {
        for (int i = 0; i < count; ++i)
            boots->note(of_host(EventKind::dhcp_ack));
    }
    /// Until nothing is left to be written or told; after each turn, `look`.
    void run_all(const std::function<void()>& look = [] {}) {
        while (!turns.aside.empty()) {
            turns.run_aside();
            turns.run_then();
            look();
        }
    }

    Turns turns;
    std::unique_ptr<boots::Boots> boots;
    std::vector<std::uint64_t> told;
    std::shared_ptr<void> handle;
};

/// 1, 2, … count: each event once and in its order.
std::vector<std::uint64_t> up_to(std::uint64_t count) {
    std::vector<std::uint64_t> ids(count);
    std::iota(ids.begin(), ids.end(), 1);
    return ids;
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

TEST_CASE(
    "a full disk is an alarm: machines go on booting, nobody has a receipt, and all is written when there is room") {
    Disk disk;
    REQUIRE(disk.boots->record(of_host(EventKind::dhcp_offer)));
    CHECK(disk.boots->trouble().empty());
    disk.full = true;
    const auto started = disk.boots->start_boot(of_host(EventKind::boot_started));
    REQUIRE(started);
    CHECK(disk.boots->trouble() == "disk full");
    CHECK(disk.failures == std::vector<std::string>{"disk full"});
    auto up = of_host(EventKind::up);
    up.boot = started->boot;
    const auto said = disk.boots->record(up);
    REQUIRE(said);
    disk.boots->note(of_host(EventKind::dhcp_ack));
    // The roll and the listeners know it all, the alarm before the first; on the disk is nothing of it.
    CHECK(disk.boots->roll().hosts.at("r640").stage == boots::Stage::up);
    CHECK(disk.boots->roll().find_boot(started->boot).boot != nullptr);
    CHECK(disk.written().size() == 1);
    REQUIRE(disk.told.size() == 5);
    CHECK(disk.told[1].kind == EventKind::journal_failing);
    CHECK(disk.boots->is_kept(1));
    CHECK_FALSE(disk.boots->is_kept(said->id));
    CHECK(Disk::all(*disk.boots) == disk.told);
    CHECK(disk.boots->unwritten() == 4);

    disk.boots->try_again();
    CHECK(disk.boots->trouble() == "disk full");
    CHECK(disk.failures.size() == 1);
    disk.full = false;
    disk.now += 90s;
    disk.boots->try_again();
    CHECK(disk.boots->trouble().empty());
    CHECK(disk.boots->unwritten() == 0);
    CHECK(disk.boots->is_kept(said->id));
    CHECK(disk.written() == disk.told);
    CHECK(disk.told.back().kind == EventKind::journal_recovered);
    CHECK(disk.told.back().reason == "4 events waited 1 min 30 s in memory");
    REQUIRE(disk.boots->record(of_host(EventKind::dhcp_ack)));
    CHECK(disk.written() == disk.told);
}

TEST_CASE("what was being written when the disk became full waits as well, in its order") {
    Disk disk;
    Turns turns;
    disk.boots->put_off(turns.put_off());
    for (int i = 0; i < 40; ++i)
        disk.boots->note(of_host(EventKind::dhcp_ack));
    disk.full = true;
    turns.run_aside();
    turns.run_then();
    REQUIRE(disk.boots->record(of_host(EventKind::dhcp_ack)));
    CHECK(disk.told.size() == 42);
    disk.full = false;
    disk.boots->try_again();
    while (!turns.later.empty())
        turns.run_later();
    while (!turns.aside.empty()) {
        turns.run_aside();
        turns.run_then();
    }
    CHECK(disk.written() == disk.told);
    CHECK(disk.told.size() == 43);
}

TEST_CASE("a journal that cannot be written for long does not fill the memory, and says what was lost") {
    Disk disk;
    disk.full = true;
    constexpr int most = 100'000;
    for (int i = 0; i < most + 5; ++i)
        disk.boots->note(of_host(EventKind::dhcp_ack));
    CHECK(disk.boots->unwritten() == most);
    CHECK_FALSE(disk.boots->record(of_host(EventKind::up)));
    disk.full = false;
    disk.boots->try_again();
    CHECK(disk.written().size() == most + 1);
    CHECK(disk.told.back().reason.find("6 more found no room there and are lost") != std::string::npos);
    CHECK(disk.boots->record(of_host(EventKind::up)));
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
    PutOffBoots test;
    test.note(2);
    CHECK(test.told.empty());
    REQUIRE(test.turns.later.size() == 1);  // one turn for both
    test.turns.run_later();
    test.turns.run_aside();
    CHECK(test.told.empty());  // written, and the control thread does not know yet
    test.turns.run_then();
    CHECK(test.told == up_to(2));

    // An answer is waiting for the fourth: it comes after those before it.
    test.note(1);
    const auto recorded = test.boots->record(of_host(EventKind::dhcp_ack));
    REQUIRE(recorded);
    CHECK(recorded->id == 4);
    CHECK(test.told == up_to(4));
    test.turns.run_later();
    CHECK(test.turns.aside.empty());
    CHECK(test.told == up_to(4));
}

TEST_CASE("an answer waits for what another thread is writing, and comes after it") {
    PutOffBoots test;
    test.note(1);
    test.turns.run_later();
    test.note(1);
    base::Result<Event> recorded = base::Error("not yet");
    {
        const std::jthread writer([&test] { test.turns.run_aside(); });
        recorded = test.boots->record(of_host(EventKind::dhcp_ack));
    }
    REQUIRE(recorded);
    CHECK(recorded->id == 3);
    test.turns.run_then();  // comes late: all is told already
    CHECK(test.told == up_to(3));
    CHECK(test.turns.aside.empty());
}

TEST_CASE("many noted events are written together, and told a few in each turn") {
    PutOffBoots test;
    test.note(31);
    CHECK(test.turns.aside.empty());
    test.note(601);
    CHECK(test.turns.aside.size() == 1);  // the 32nd does not wait for the turn's end; the others wait for those
    std::vector<std::size_t> so_far;
    test.run_all([&] { so_far.push_back(test.told.size()); });
    CHECK(so_far.front() == 32);
    CHECK(so_far[1] == 64);  // of 512 that were written together
    CHECK(so_far.size() == 1 + 512 / 32 + 3);
    CHECK(test.told == up_to(632));
}

TEST_CASE("an answer that comes while a few are told waits for the others, and none is told twice") {
    PutOffBoots test;
    test.note(132);
    test.turns.run_aside();
    test.turns.run_then();  // 32, and the next 100 are under way
    test.turns.run_aside();
    test.turns.run_then();
    CHECK(test.told == up_to(64));
    REQUIRE(test.boots->record(of_host(EventKind::up)));
    CHECK(test.told == up_to(133));
    test.run_all();
    CHECK(test.told == up_to(133));
}

TEST_CASE("a listener that reads while a few are told finds what was told, no more, and changes no order") {
    PutOffBoots test;
    std::vector<std::uint64_t> read;
    const auto reader = test.boots->subscribe([&](const Event& event) {
        const auto done = test.boots->read(read.size(), {}, [&read](const Event& found) {
            read.push_back(found.id);
            return true;
        });
        CHECK(done.has_value());
        CHECK(test.boots->last_id() == event.id);
        CHECK(read.back() == event.id);
    });
    test.note(200);
    test.run_all();
    CHECK(test.told == up_to(200));
    CHECK(read == up_to(200));
}

TEST_CASE("who reads while another thread writes waits for it, and does not see what is not told") {
    PutOffBoots test;
    REQUIRE(test.boots->record(of_host(EventKind::dhcp_offer)));
    test.note(1);
    test.turns.run_later();
    int seen = 0;
    {
        const std::jthread writer([&test] { test.turns.run_aside(); });
        REQUIRE(test.boots->read(0, {}, [&seen](const Event&) { return ++seen > 0; }));
    }
    CHECK(seen == 1);
    test.turns.run_then();
    CHECK(test.boots->last_id() == 2);
}

TEST_CASE("a disk that cannot keep up makes the machines wait, not the memory fill") {
    PutOffBoots test;
    test.boots->put_off({[](const auto&) {}, [](const auto& work, const auto&) { work(); }});
    constexpr int most = 8192 + 32;  // 32 are under way
    test.note(most - 1);
    CHECK(test.told.empty());
    test.note(1);
    CHECK(test.told == up_to(most));
}

TEST_CASE("noted events of a stop are kept") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "state.db";
    {
        auto boots = boots::Boots::open(*boots::open_sqlite_journal(file), [] { return base::Time(1s); });
        REQUIRE(boots);
        Turns turns;
        (*boots)->put_off(turns.put_off());
        (*boots)->note(of_host(EventKind::dhcp_offer));
    }
    CHECK(boots::Boots::open(*boots::open_sqlite_journal(file), {}).value()->last_id() == 1);
}
