#include "server/boots/trim.hpp"

#include "server/boots/installation.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <vector>

namespace musterd::boots {

namespace {

constexpr int together = 256;

/// Bytes of pages that hold something.
std::uint64_t bytes_in_use(SQLite::Database& database) {
    const auto number = [&database](const char* pragma) {
        return static_cast<std::uint64_t>(database.execAndGet(pragma).getInt64());
    };
    return (number("PRAGMA page_count") - number("PRAGMA freelist_count")) * number("PRAGMA page_size");
}

struct Oldest {
    std::vector<std::int64_t> removable;
    std::int64_t last = 0;
    bool any_old = false;
    bool end = false;
};

Oldest oldest_after(SQLite::Database& database, std::int64_t after, std::int64_t before_time, bool whatever_age,
                    const std::map<std::string, std::uint64_t>& needed) {
    Oldest found;
    found.last = after;
    SQLite::Statement select(database, "SELECT id, time, host, kind FROM event WHERE id > ? ORDER BY id LIMIT ?");
    select.bind(1, after);
    select.bind(2, together);
    int rows = 0;
    for (; select.executeStep(); ++rows) {
        found.last = select.getColumn(0).getInt64();
        const bool old = select.getColumn(1).getInt64() < before_time;
        found.any_old = found.any_old || old;
        const auto host = select.getColumn(2).getString();
        const auto first = needed.find(host);
        const bool stays =
            !host.empty() && (first == needed.end() || static_cast<std::uint64_t>(found.last) >= first->second ||
                              decides_of_disks(select.getColumn(3).getString()));
        if ((old || whatever_age) && !stays) found.removable.push_back(found.last);
    }
    found.end = rows < together;
    return found;
}

void remove(SQLite::Database& database, std::mutex& writing, const std::vector<std::int64_t>& ids) {
    if (ids.empty()) return;
    const std::lock_guard lock(writing);
    SQLite::Transaction transaction(database);
    SQLite::Statement statement(database, "DELETE FROM event WHERE id = ?");
    for (const auto id : ids) {
        statement.reset();
        statement.bind(1, id);
        statement.exec();
    }
    transaction.commit();
    database.exec("PRAGMA incremental_vacuum");
}

}  // namespace

Trimmed trim(SQLite::Database& database, std::mutex& writing, const Retention& retention, base::Time now,
             const std::map<std::string, std::uint64_t>& needed) {
    const auto before = (now - retention.keep).time_since_epoch().count();
    // Somewhat below the limit, so that not every event of a full journal removes another.
    const auto enough = retention.max_bytes - retention.max_bytes / 10;
    bool shrink = bytes_in_use(database) > retention.max_bytes;
    Trimmed trimmed;
    std::int64_t after = 0;
    for (;;) {
        const auto oldest = oldest_after(database, after, before, shrink, needed);
        remove(database, writing, oldest.removable);
        trimmed.events += oldest.removable.size();
        after = oldest.last;
        if (shrink && bytes_in_use(database) <= enough) shrink = false;
        if (oldest.end || (!shrink && !oldest.any_old)) break;
    }
    trimmed.too_large = shrink;
    return trimmed;
}

}  // namespace musterd::boots
