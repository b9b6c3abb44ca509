#pragma once

#include "server/boots/journal.hpp"

#include <SQLiteCpp/Database.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace musterd::boots {

/// What a journal in a file needs beside its events, on a thread and a connection of its own, so that nobody waits for
/// it: the write-ahead log is copied into the database (which waits for the disk), the kept roll follows the events,
/// and what need not stay is removed.
class Upkeep {
public:
    /// `writing` is held by whoever writes to the database.
    Upkeep(SQLite::Database& database, std::mutex& writing, Retention retention);

    /// So many events were appended.
    void appended(std::size_t events);

private:
    struct Due {
        bool checkpoint = false;
        bool roll = false;
        bool look = false;  ///< at the size
        bool any() const { return checkpoint || roll; }
    };
    static int committed(void* self, sqlite3* database, const char* schema, int pages_in_log);
    void work(const std::stop_token& stop);
    void run(SQLite::Database& database, const Due& due, const std::stop_token& stop);
    void follow_roll(SQLite::Database& database, const std::stop_token& stop);
    void look_at_size(SQLite::Database& database);

    std::string file_;
    std::mutex& writing_;
    Retention retention_;
    bool said_too_large_ = false;
    std::mutex mutex_;  ///< of what follows
    std::condition_variable_any wanted_;
    Due due_;
    std::size_t behind_ = 0;
    std::jthread worker_;  ///< last: it uses all of the above
};

}  // namespace musterd::boots
