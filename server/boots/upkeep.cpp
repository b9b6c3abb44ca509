#include "server/boots/upkeep.hpp"

#include "server/base/background.hpp"
#include "server/boots/roll_table.hpp"
#include "server/boots/trim.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <chrono>
#include <utility>

namespace musterd::boots {

namespace {

using namespace std::chrono_literals;

constexpr int pages = 1000;  // SQLite's own default
// A start reads at most this many events, and those of a moment: a tenth of a second. Fewer would have a storm followed
// row by row while it lasts, which costs more than its answers.
constexpr std::size_t most_behind = 32'768;
// Few enough that whoever appends meanwhile waits a millisecond at the most.
constexpr std::size_t together = 128;
constexpr auto between_looks = 10min;
constexpr int busy_milliseconds = 2000;

}  // namespace

Upkeep::Upkeep(SQLite::Database& database, std::mutex& writing, Retention retention)
    : file_(database.getFilename()),
      writing_(writing),
      retention_(retention),
      worker_([this](const std::stop_token& stop) { work(stop); }) {
    sqlite3_wal_hook(database.getHandle(), &Upkeep::committed, this);
}

int Upkeep::committed(void* self, sqlite3* /*database*/, const char* /*schema*/, int pages_in_log) {
    if (pages_in_log < pages) return SQLITE_OK;
    auto& upkeep = *static_cast<Upkeep*>(self);
    const std::lock_guard lock(upkeep.mutex_);
    upkeep.due_.checkpoint = true;
    upkeep.wanted_.notify_one();
    return SQLITE_OK;
}

void Upkeep::appended(std::size_t events) {
    const std::lock_guard lock(mutex_);
    behind_ += events;
    if (behind_ < most_behind) return;
    due_.roll = true;
    wanted_.notify_one();
}

void Upkeep::work(const std::stop_token& stop) {
    base::stand_back();
    auto next_look = std::chrono::steady_clock::now() + between_looks;
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        wanted_.wait_until(lock, stop, next_look, [this] { return due_.any(); });
        auto due = std::exchange(due_, {});
        if (due.roll) behind_ = 0;
        due.look = std::chrono::steady_clock::now() >= next_look;
        if (due.look) next_look += between_looks;
        if (stop.stop_requested()) return;
        lock.unlock();
        try {
            SQLite::Database database(file_, SQLite::OPEN_READWRITE, busy_milliseconds);
            database.exec("PRAGMA wal_autocheckpoint = 0");
            run(database, due, stop);
        } catch (const SQLite::Exception& error) {
            // Tried again after the next commits; until then the log grows, and a start takes longer.
            spdlog::warn("journal {}: upkeep: {}", file_, error.what());
        }
        lock.lock();
    }
}

void Upkeep::run(SQLite::Database& database, const Due& due, const std::stop_token& stop) {
    if (due.roll) follow_roll(database, stop);
    if (due.look) look_at_size(database);
    if (due.checkpoint) database.exec("PRAGMA wal_checkpoint(PASSIVE)");
}

void Upkeep::follow_roll(SQLite::Database& database, const std::stop_token& stop) {
    RollTable table(database, writing_);
    while (!stop.stop_requested()) {
        const auto begin = std::chrono::steady_clock::now();
        if (table.catch_up(together) < together) return;
        // Half of the time belongs to those who serve machines.
        std::this_thread::sleep_for(std::chrono::steady_clock::now() - begin);
    }
}

void Upkeep::look_at_size(SQLite::Database& database) {
    const auto needed = RollTable(database, writing_).needed();
    if (needed.empty()) return;
    const auto trimmed = trim(database, writing_, retention_, base::now(), needed);
    if (trimmed.events > 0) spdlog::info("journal: {} events removed that were old enough", trimmed.events);
    if (trimmed.too_large && !std::exchange(said_too_large_, true)) {
        spdlog::warn("journal {}: larger than [journal] max_size, and all of it is of hosts' last boots", file_);
    }
    if (!trimmed.too_large) said_too_large_ = false;
}

}  // namespace musterd::boots
