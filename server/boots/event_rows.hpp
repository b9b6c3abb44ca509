#pragma once

#include "server/base/event.hpp"
#include "server/base/result.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

namespace musterd::boots {

/// Events as rows of the table `event`. Everything throws SQLite::Exception where SQLite fails.
class EventWriter {
public:
    explicit EventWriter(SQLite::Database& database);
    /// Sets the event's id, or takes the one that it has.
    void insert(base::Event& event);
    /// After an exception of insert().
    void reset() { insert_.tryReset(); }

private:
    SQLite::Database& database_;
    SQLite::Statement insert_;
};

/// What event_of() wants of a SELECT.
inline constexpr const char* event_columns = "id, body, crc";
/// The event of the row that the statement stands at. The error names its id, and what is damaged.
base::Result<base::Event> event_of(SQLite::Statement& row);

}  // namespace musterd::boots
