#include "server/boots/boots.hpp"
#include "server/boots/event_rows.hpp"
#include "server/boots/roll_table.hpp"
#include "server/boots/sqlite_schema.hpp"
#include "server/boots/trim.hpp"
#include "tests/boots/stories.hpp"
#include "tests/support/temporary_folder.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>

#include <random>
#include <set>

using namespace musterd;
using namespace std::chrono_literals;
using base::Event;
using base::EventKind;

namespace {

/// A database with the tables, for what stands behind the journal.
struct Tables {
    SQLite::Database database{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    std::mutex writing;

    Tables() { boots::prepare_schema(database); }
    void append(std::vector<Event> events) {
        boots::EventWriter writer(database);
        for (auto& event : events)
            writer.insert(event);
    }
    boots::RollTable table() { return {database, writing}; }
    std::int64_t count() { return database.execAndGet("SELECT count(*) FROM event").getInt64(); }
};

boots::Roll after(const std::vector<Event>& events, std::size_t count) {
    boots::Roll roll;
    for (std::size_t i = 0; i < count; ++i)
        boots::reduce(roll, events[i]);
    return roll;
}

/// Machines that nobody knows among the hosts; one of them becomes a host.
std::vector<Event> with_strangers(std::uint32_t seed, int steps) {
    auto events = stories::of_machines(5, steps, seed);
    std::mt19937 random(seed);
    for (auto& event : events) {
        if (random() % 4 == 0) {
            event.kind = EventKind::machine_seen;
            event.host.clear();
            event.details = {{"arch", "amd64"}};
        }
        event.mac = "52:54:00:00:00:0" + std::to_string(random() % 10);
    }
    return events;
}

/// Without the second beginnings of boots, which no journal has.
std::vector<Event> begun_once(std::vector<Event> events) {
    std::set<std::string> begun;
    std::erase_if(events, [&begun](const Event& event) {
        return event.kind == EventKind::boot_started && !begun.insert(event.boot).second;
    });
    return events;
}

boots::Roll rebuilt(SQLite::Database& database) {
    boots::Roll roll;
    SQLite::Statement select(database, std::string("SELECT ") + boots::event_columns + " FROM event ORDER BY id");
    while (select.executeStep())
        boots::reduce(roll, *boots::event_of(select));
    return roll;
}

}  // namespace

TEST_CASE("property: the kept roll is what the events up to its id give, however few it takes at a time") {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        const auto events = with_strangers(seed, 300);
        Tables tables;
        auto table = tables.table();
        table.replace({});
        std::mt19937 random(seed);
        std::size_t appended = 0;
        while (appended < events.size()) {
            const auto more = std::min<std::size_t>(1 + random() % 50, events.size() - appended);
            tables.append(
                {events.begin() + static_cast<int>(appended), events.begin() + static_cast<int>(appended + more)});
            appended += more;
            table.catch_up(1 + random() % 40);
            const auto kept = table.load();
            REQUIRE(kept.id <= appended);
            REQUIRE(kept.roll == after(events, kept.id));
        }
        while (table.catch_up(7) > 0) {
        }
        CHECK(table.load().id == events.size());
        CHECK(table.load().roll == after(events, events.size()));
    }
}

TEST_CASE("a kept roll of another reducer, of events that are not there, or damaged, is not used") {
    const auto events = with_strangers(1, 100);
    Tables tables;
    auto table = tables.table();
    CHECK(table.load().id == 0);
    tables.append(events);
    CHECK(table.catch_up(10) == 0);  // there is nothing to go on from
    table.replace({after(events, 100), 100});
    REQUIRE(table.load().id == 100);

    SUBCASE("of another reducer") {
        tables.database.exec("UPDATE kept_roll_at SET version = version + 1");
    }
    SUBCASE("of events that are not there") {
        tables.database.exec("UPDATE sqlite_sequence SET seq = 99");
    }
    SUBCASE("with a damaged host") {
        tables.database.exec("UPDATE kept_roll SET state = '{}' WHERE name = 'n1'");
    }
    SUBCASE("with a damaged machine") {
        tables.database.exec("UPDATE kept_roll SET state = '{' WHERE what = 'machine'");
    }
    CHECK(table.load().id == 0);
    CHECK(table.load().roll == boots::Roll{});
}

TEST_CASE("a start takes the kept roll and the events after it, and makes it anew where it is not to be used") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "state.db";
    const auto clock = [] { return base::Time(1000s); };
    const auto record = [&](int count) {
        auto boots = boots::Boots::open(*boots::open_sqlite_journal(file), clock);
        REQUIRE(boots);
        for (int i = 0; i < count; ++i) {
            Event event;
            event.kind = EventKind::boot_started;
            event.host = "n" + std::to_string(i % 3);
            REQUIRE((*boots)->start_boot(event));
        }
        return (*boots)->roll();
    };
    const auto before = record(20);
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
    CHECK(record(0) == before);
    // What stands in it is what is used: this is no roll of those events.
    database.exec("DELETE FROM kept_roll");
    CHECK(record(0).hosts.empty());
    database.exec("UPDATE kept_roll_at SET version = 999");
    CHECK(record(0) == before);
    CHECK(database.execAndGet("SELECT version FROM kept_roll_at").getInt() == boots::reducer_version);
    CHECK(database.execAndGet("SELECT count(*) FROM kept_roll").getInt() == 3);
}

TEST_CASE("the kept roll follows the events while the journal is written") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "state.db";
    {
        auto boots = boots::Boots::open(*boots::open_sqlite_journal(file), [] { return base::Time(1s); });
        REQUIRE(boots);
        SQLite::Database database(file.string(), SQLite::OPEN_READONLY, 1000);
        int written = 0;
        while (database.execAndGet("SELECT id FROM kept_roll_at").getInt() < 1024 && written < 100'000) {
            Event event;
            event.kind = EventKind::boot_started;
            event.host = "n" + std::to_string(written++ % 100);
            REQUIRE((*boots)->start_boot(event));
        }
        CHECK(written < 100'000);
    }
    std::mutex writing;
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
    const auto kept = boots::RollTable(database, writing).load();
    boots::Roll roll;
    SQLite::Statement select(database, std::string("SELECT ") + boots::event_columns + " FROM event ORDER BY id");
    while (select.executeStep() && static_cast<std::uint64_t>(select.getColumn(0).getInt64()) <= kept.id)
        boots::reduce(roll, *boots::event_of(select));
    CHECK(kept.roll == roll);
}

TEST_CASE("property: what is removed by age or size is nothing that the roll of hosts needs") {
    for (std::uint32_t seed = 0; seed < 30; ++seed) {
        const auto events = begun_once(stories::of_machines(5, 600, seed));
        Tables tables;
        tables.append(events);
        const auto before = rebuilt(tables.database);
        auto table = tables.table();
        table.replace({before, events.back().id});
        boots::Retention retention;
        if (seed % 2 == 0)
            retention.max_bytes = 1;
        else
            retention.keep = 0ms;
        const auto now = base::Time(1'900'000'000s);
        const auto trimmed = boots::trim(tables.database, tables.writing, retention, now, table.needed());
        CHECK(trimmed.events > 0);
        CHECK(trimmed.too_large == (seed % 2 == 0));
        CHECK(tables.count() == static_cast<std::int64_t>(events.size() - trimmed.events));
        CHECK(rebuilt(tables.database) == before);
        CHECK(table.load().roll == before);
    }
}

TEST_CASE("what is young stays, whatever the roll needs; and a journal that is small enough is left alone") {
    const auto events = with_strangers(3, 600);
    Tables tables;
    tables.append(events);
    auto table = tables.table();
    table.replace({after(events, events.size()), events.size()});
    const auto now = base::Time(1'795'200'000s);  // stories play around it
    boots::Retention retention;
    retention.keep = std::chrono::hours(24 * 30);
    CHECK(boots::trim(tables.database, tables.writing, retention, now, table.needed()).events == 0);
    retention.keep = 0ms;
    const auto trimmed = boots::trim(tables.database, tables.writing, retention, base::Time(0s), table.needed());
    CHECK(trimmed.events == 0);
}

TEST_CASE("a journal of schema 1 is brought up to date with all of its events") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "state.db";
    {
        // As the first musterd wrote it.
        SQLite::Database old(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        old.exec(R"(
            PRAGMA journal_mode = WAL;
            CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, kind TEXT NOT NULL,
                                host TEXT NOT NULL, boot TEXT NOT NULL, body TEXT NOT NULL) STRICT;
            CREATE INDEX event_by_host ON event (host, id);
            CREATE INDEX event_by_boot ON event (boot, id);
            INSERT INTO event VALUES (3, 1000, 'boot_started', 'r640', '01ARYZ6S41TSV4RRFFQ69G5FAV',
                '{"time":"1970-01-01T00:00:01.000Z","kind":"boot_started","host":"r640","boot":"01ARYZ6S41TSV4RRFFQ69G5FAV"}');
            INSERT INTO event VALUES (5, 2000, 'up', 'r640', '01ARYZ6S41TSV4RRFFQ69G5FAV',
                '{"time":"1970-01-01T00:00:02.000Z","kind":"up","host":"r640","boot":"01ARYZ6S41TSV4RRFFQ69G5FAV"}');
            PRAGMA user_version = 1;
        )");
    }
    auto boots = boots::Boots::open(*boots::open_sqlite_journal(file), [] { return base::Time(3s); });
    REQUIRE(boots);
    CHECK((*boots)->last_id() == 5);
    CHECK((*boots)->roll().hosts.at("r640").stage == boots::Stage::up);
    Event next;
    next.host = "r640";
    next.kind = EventKind::dhcp_offer;
    CHECK((*boots)->record(next)->id == 6);
    SQLite::Database database(file.string(), SQLite::OPEN_READONLY);
    CHECK(database.execAndGet("PRAGMA user_version").getInt() == boots::schema_version);
}

TEST_CASE("an event whose bytes were changed is left out and said, and the others are read") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "state.db";
    auto journal = boots::open_sqlite_journal(file);
    REQUIRE(journal);
    std::vector<Event> events(3);
    for (auto& event : events)
        event.host = "r640";
    REQUIRE((*journal)->append(events));
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE)
        .exec("UPDATE event SET body = replace(body, 'r640', 'r641') WHERE id = 2");
    std::vector<std::uint64_t> ids;
    REQUIRE((*journal)->read(0, {}, [&ids](const Event& event) {
        ids.push_back(event.id);
        return true;
    }));
    CHECK(ids == std::vector<std::uint64_t>{1, 3});
}
