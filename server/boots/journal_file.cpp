#include "server/boots/journal_file.hpp"

#include "server/base/clock.hpp"
#include "server/boots/event_rows.hpp"
#include "server/boots/log_check.hpp"
#include "server/boots/sqlite_schema.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace musterd::boots {

namespace {

constexpr int busy_milliseconds = 2000;
using Take = std::function<void(const base::Event&)>;

std::filesystem::path log_of(const std::filesystem::path& file) {
    return file.string() + "-wal";
}

base::Error failure(const std::filesystem::path& file, const SQLite::Exception& error) {
    return base::Error(fmt::format("{}: {}", file.string(), error.what()));
}

/// Without the column that schema 1 lacks: an export must not change the file.
std::string columns_of(SQLite::Database& database) {
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (version < 1 || version > schema_version)
        throw SQLite::Exception(fmt::format("no journal that this musterd knows (schema {})", version));
    return version == 1 ? "id, body, NULL" : event_columns;
}

/// Events from `after` on until the end, or until SQLite meets damage. `after` is then the last that was passed.
void read_on(SQLite::Database& database, const std::string& columns, std::int64_t& after, Exported& exported,
             const Take& take) {
    SQLite::Statement select(database, "SELECT " + columns + " FROM event WHERE id > ? ORDER BY id");
    select.bind(1, after);
    while (select.executeStep()) {
        after = select.getColumn(0).getInt64();
        const auto event = event_of(select);
        if (!event) {
            exported.damaged.push_back(event.error().message());
            continue;
        }
        ++exported.events;
        take(*event);
    }
}

/// The greatest id that was ever given, as far as that can be read.
std::int64_t greatest_id(SQLite::Database& database) {
    std::int64_t greatest = 0;
    for (const auto* query :
         {"SELECT coalesce(max(seq), 0) FROM sqlite_sequence", "SELECT coalesce(max(id), 0) FROM event"}) {
        try {
            greatest = std::max(greatest, database.execAndGet(query).getInt64());
        } catch (const SQLite::Exception&) {
            continue;  // the other one may be good
        }
    }
    return greatest;
}

void read_around_damage(SQLite::Database& database, Exported& exported, const Take& take) {
    const auto columns = columns_of(database);
    const auto greatest = greatest_id(database);
    std::int64_t after = 0;
    std::int64_t step = 1;
    for (std::int64_t lost_from = 0;;) {
        const auto before = after;
        try {
            read_on(database, columns, after, exported, take);
            return;
        } catch (const SQLite::Exception& error) {
            // A page of the table is bad: on with what lies behind it.
            if (after != before) step = 1;
            if (lost_from != after) exported.damaged.push_back(fmt::format("after event {}: {}", after, error.what()));
            after += step;
            step *= 2;
            lost_from = after;
            if (after >= greatest) return;
        }
    }
}

base::Result<base::Event> event_of_line(const std::string& line, std::uint64_t last) {
    auto event = base::event_from_json(line);
    if (!event) return event.error();
    if (event->id == 0) return base::Error("it has no id");
    if (event->id <= last) return base::Error(fmt::format("id {} does not come after {}", event->id, last));
    return event;
}

base::Result<std::uint64_t> write_lines(std::istream& lines, SQLite::Database& database) {
    prepare_schema(database);
    SQLite::Transaction transaction(database);
    EventWriter writer(database);
    std::string line;
    std::uint64_t number = 0;
    std::uint64_t count = 0;
    std::uint64_t last = 0;
    while (std::getline(lines, line)) {
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        auto event = event_of_line(line, last);
        if (!event) return base::Error(fmt::format("line {}: {}", number, event.error().message()));
        last = event->id;
        writer.insert(*event);
        ++count;
    }
    if (lines.bad()) return base::Error("it cannot be read to its end");
    transaction.commit();
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return count;
}

bool has_events(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) return false;
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE, busy_milliseconds);
    return database.tableExists("event") && database.execAndGet("SELECT count(*) FROM event").getInt64() > 0;
}

void remove_with_logs(const std::filesystem::path& file) {
    std::error_code code;
    for (const auto* ending : {"", "-wal", "-shm"})
        std::filesystem::remove(file.string() + ending, code);
}

}  // namespace

base::Result<Exported> export_journal(const std::filesystem::path& file, const Take& take) try {
    Exported exported;
    if (!std::filesystem::exists(file)) return base::Error(fmt::format("{}: there is no journal", file.string()));
    std::ifstream log(log_of(file), std::ios::binary);
    if (const auto damaged = check_log(log).damaged_at)
        exported.damaged.push_back(fmt::format("{}: damaged at byte {}", log_of(file).string(), *damaged));
    // Not read-only: a log that a killed server left can only be read by one who may make its index.
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE, busy_milliseconds);
    read_around_damage(database, exported, take);
    return exported;
} catch (const SQLite::Exception& error) {
    return failure(file, error);
}

base::Result<std::uint64_t> import_journal(std::istream& lines, const std::filesystem::path& file) try {
    if (has_events(file)) {
        return base::Error(
            fmt::format("{} has events already: a journal is imported into an empty data_dir only", file.string()));
    }
    const std::filesystem::path fresh = file.string() + ".import";
    remove_with_logs(fresh);
    auto written = [&]() -> base::Result<std::uint64_t> {
        SQLite::Database database(fresh.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        return write_lines(lines, database);
    }();
    if (!written) {
        remove_with_logs(fresh);
        return written;
    }
    remove_with_logs(file);
    std::filesystem::rename(fresh, file);
    remove_with_logs(fresh);
    return written;
} catch (const SQLite::Exception& error) {
    return failure(file, error);
} catch (const std::filesystem::filesystem_error& error) {
    return base::Error(error.what());
}

std::vector<std::string> check_journal(const std::filesystem::path& file) try {
    auto exported = export_journal(file, [](const base::Event&) {});
    if (!exported) return {exported.error().message()};
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE, busy_milliseconds);
    SQLite::Statement check(database, "PRAGMA integrity_check(20)");
    while (check.executeStep()) {
        const auto line = check.getColumn(0).getString();
        if (line != "ok") exported->damaged.push_back(line);
    }
    return exported->damaged;
} catch (const SQLite::Exception& error) {
    return {failure(file, error).message()};
}

std::string rescue_log(const std::filesystem::path& file) {
    const auto log_file = log_of(file);
    std::ifstream log(log_file, std::ios::binary);
    const auto state = check_log(log);
    if (!state.damaged_at) return {};
    const auto copy =
        fmt::format("{}.damaged-{}", log_file.string(), base::now().time_since_epoch().count());  // milliseconds
    std::error_code code;
    std::filesystem::copy_file(log_file, copy, code);
    return fmt::format(
        "the journal's log {} is damaged at byte {}: {} transactions before it are taken, events after it are lost; {}",
        log_file.string(), *state.damaged_at, state.commits,
        code ? "it cannot be copied: " + code.message() : "it is kept as " + copy);
}

}  // namespace musterd::boots
