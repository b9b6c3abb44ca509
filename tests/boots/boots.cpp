#include "server/boots/boots.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

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
    std::vector<std::function<void()>> later;
    (*boots)->put_off([&later](std::function<void()> work) { later.push_back(std::move(work)); });
    std::vector<std::uint64_t> told;
    const auto handle = (*boots)->subscribe([&](const Event& event) { told.push_back(event.id); });
    (*boots)->note(of_host(EventKind::dhcp_offer));
    (*boots)->note(of_host(EventKind::dhcp_ack));
    CHECK(told.empty());
    REQUIRE(later.size() == 1);  // one turn for both
    later.front()();
    CHECK(told == std::vector<std::uint64_t>{1, 2});

    // An answer is waiting for the third: it comes after those before it.
    (*boots)->note(of_host(EventKind::dhcp_ack));
    const auto recorded = (*boots)->record(of_host(EventKind::dhcp_ack));
    REQUIRE(recorded);
    CHECK(recorded->id == 4);
    CHECK(told == std::vector<std::uint64_t>{1, 2, 3, 4});
    later.back()();
    CHECK(told.size() == 4);
}

TEST_CASE("many noted events do not wait for the turn's end: they are written a few at a time") {
    auto boots = boots::Boots::open(*boots::open_sqlite_journal({}), [] { return base::Time(1s); });
    REQUIRE(boots);
    (*boots)->put_off([](const std::function<void()>&) {});
    int told = 0;
    const auto handle = (*boots)->subscribe([&told](const Event&) { ++told; });
    for (int i = 0; i < 31; ++i)
        (*boots)->note(of_host(EventKind::dhcp_ack));
    CHECK(told == 0);
    (*boots)->note(of_host(EventKind::dhcp_ack));
    CHECK(told == 32);
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
        (*boots)->put_off([](const std::function<void()>&) {});
        (*boots)->note(of_host(EventKind::dhcp_offer));
    }
    CHECK(*(*boots::open_sqlite_journal(file))->last_id() == 1);
}
