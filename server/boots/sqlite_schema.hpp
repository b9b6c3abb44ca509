#pragma once

#include <SQLiteCpp/Database.h>

namespace musterd::boots {

/// Counts up with every change of the tables. A file of an older one is brought up to this; one of a newer musterd is
/// refused, not guessed at.
inline constexpr int schema_version = 2;

/// Makes the tables where they are missing. Throws SQLite::Exception with the reason.
///
///   event          one row for each, never changed. body: its JSON, without the id; crc: zlib's crc32 of body, NULL in
///                  rows that schema 1 wrote; time, kind, host and boot stand beside it to be searched by
///   kept_roll      the roll after the event kept_roll_at.id: hosts by name, unknown machines by MAC
///   kept_roll_at   one row: of which reducer_version, and up to which event; version 0: there is none
void prepare_schema(SQLite::Database& database);

}  // namespace musterd::boots
