#include "server/boots/event_rows.hpp"

#include <fmt/format.h>
#include <zlib.h>

namespace musterd::boots {

namespace {

std::int64_t checksum(std::string_view body) {
    return static_cast<std::int64_t>(
        ::crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<z_size_t>(body.size())));
}

}  // namespace

EventWriter::EventWriter(SQLite::Database& database)
    : database_(database),
      insert_(database, "INSERT INTO event (id, time, kind, host, boot, body, crc) VALUES (?, ?, ?, ?, ?, ?, ?)") {
}

void EventWriter::insert(base::Event& event) {
    const auto id = std::exchange(event.id, 0);  // stands in the row, not in the body
    const auto body = base::to_json(event);
    if (id == 0)
        insert_.bind(1);
    else
        insert_.bind(1, static_cast<std::int64_t>(id));
    insert_.bind(2, static_cast<std::int64_t>(event.time.time_since_epoch().count()));
    insert_.bind(3, std::string(base::to_string(event.kind)));
    insert_.bind(4, event.host);
    insert_.bind(5, event.boot);
    insert_.bind(6, body);
    insert_.bind(7, checksum(body));
    insert_.exec();
    insert_.tryReset();
    event.id = static_cast<std::uint64_t>(database_.getLastInsertRowid());
}

base::Result<base::Event> event_of(SQLite::Statement& row) {
    const auto id = static_cast<std::uint64_t>(row.getColumn(0).getInt64());
    const auto body = row.getColumn(1).getString();
    const auto crc = row.getColumn(2);
    if (!crc.isNull() && crc.getInt64() != checksum(body))
        return base::Error(fmt::format("event {} of the journal is damaged: its checksum is wrong", id));
    auto event = base::event_from_json(body);
    if (!event) return base::Error(fmt::format("event {} of the journal is damaged: {}", id, event.error().message()));
    event->id = id;
    return event;
}

}  // namespace musterd::boots
