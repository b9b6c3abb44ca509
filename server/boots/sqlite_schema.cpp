#include "server/boots/sqlite_schema.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <array>

namespace musterd::boots {

namespace {

/// What brings a file from one version to the next: the first of them makes version 1 of an empty file. Never changed.
constexpr std::array<const char*, schema_version> steps{
    R"(
    CREATE TABLE event (
        id   INTEGER PRIMARY KEY AUTOINCREMENT,
        time INTEGER NOT NULL,
        kind TEXT NOT NULL,
        host TEXT NOT NULL,
        boot TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX event_by_host ON event (host, id);
    CREATE INDEX event_by_boot ON event (boot, id);
    )",
    R"(
    ALTER TABLE event ADD COLUMN crc INTEGER;
    CREATE TABLE kept_roll (
        what  TEXT NOT NULL,
        name  TEXT NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (what, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE kept_roll_at (version INTEGER NOT NULL, id INTEGER NOT NULL) STRICT;
    INSERT INTO kept_roll_at VALUES (0, 0);
    )",
};

}  // namespace

void prepare_schema(SQLite::Database& database) {
    // Works only before the first table: pages that are freed can be given back to the disk.
    database.exec("PRAGMA auto_vacuum = INCREMENTAL");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = NORMAL");
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (version > schema_version) {
        throw SQLite::Exception(
            fmt::format("it was written by a newer musterd (schema {}, this one knows {})", version, schema_version));
    }
    if (version == schema_version) return;
    SQLite::Transaction transaction(database);
    for (auto step = static_cast<std::size_t>(version); step < steps.size(); ++step)
        database.exec(steps[step]);
    database.exec(fmt::format("PRAGMA user_version = {}", schema_version));
    transaction.commit();
}

}  // namespace musterd::boots
