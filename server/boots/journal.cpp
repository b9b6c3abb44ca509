#include "server/boots/journal.hpp"

#include "server/base/background.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace musterd::boots {

namespace {

/// Counts up with every change of the tables; a file of a newer musterd is refused, not guessed at.
constexpr int schema_version = 1;

const std::string in_memory = ":memory:";

constexpr const char* schema = R"(
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
)";

/// Copies what the write-ahead log holds into the database, as SQLite would by itself, but not in the middle of an
/// append: it waits for the disk (fsync), and the control thread must not.
class Checkpoints {
public:
    explicit Checkpoints(SQLite::Database& database)
        : file_(database.getFilename()), worker_([this](const std::stop_token& stop) { work(stop); }) {
        sqlite3_wal_hook(database.getHandle(), &Checkpoints::committed, this);
    }

private:
    static constexpr int pages = 1000;  // SQLite's own default

    static int committed(void* self, sqlite3* /*database*/, const char* /*schema*/, int in_log) {
        if (in_log >= pages) static_cast<Checkpoints*>(self)->wake();
        return SQLITE_OK;
    }

    void wake() {
        const std::lock_guard lock(mutex_);
        due_ = true;
        wanted_.notify_one();
    }

    void work(const std::stop_token& stop) {
        base::stand_back();
        std::unique_lock lock(mutex_);
        while (wanted_.wait(lock, stop, [this] { return due_; })) {
            due_ = false;
            lock.unlock();
            run();
            lock.lock();
        }
    }

    /// One that fails is tried again after the next commit; until then the log grows.
    void run() const try {
        SQLite::Database(file_, SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (const SQLite::Exception& error) {
        spdlog::warn("journal {}: checkpoint: {}", file_, error.what());
    }

    std::string file_;
    std::mutex mutex_;
    std::condition_variable_any wanted_;
    bool due_ = false;
    std::jthread worker_;  ///< last: it uses all of the above
};

class SqliteJournal final : public Journal {
public:
    explicit SqliteJournal(const std::string& file)
        : database_(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busy_milliseconds),
          ready_(prepare(database_)),
          checkpoints_(file == in_memory ? nullptr : std::make_unique<Checkpoints>(database_)),
          insert_(database_, "INSERT INTO event (time, kind, host, boot, body) VALUES (?, ?, ?, ?, ?)") {}

    base::Result<void> append(std::span<base::Event> events) override try {
        // A single statement is a transaction by itself; several cost one write of the log together.
        std::optional<SQLite::Transaction> together;
        if (events.size() > 1) together.emplace(database_);
        for (auto& event : events)
            insert(event);
        if (together) together->commit();
        return {};
    } catch (const SQLite::Exception& error) {
        const auto failed = failure("append to", error);
        insert_.tryReset();  // of a statement that failed, reset() would throw that failure once more
        return failed;
    }

    base::Result<void> read(std::uint64_t after, const std::string& host,
                            const std::function<bool(base::Event)>& take) override try {
        SQLite::Statement select(database_, host.empty()
                                                ? "SELECT id, body FROM event WHERE id > ? ORDER BY id"
                                                : "SELECT id, body FROM event WHERE id > ? AND host = ? ORDER BY id");
        select.bind(1, static_cast<std::int64_t>(after));
        if (!host.empty()) select.bind(2, host);
        while (select.executeStep()) {
            auto event = base::event_from_json(select.getColumn(1).getString());
            const auto id = static_cast<std::uint64_t>(select.getColumn(0).getInt64());
            if (!event) return base::Error(fmt::format("event {} of the journal: {}", id, event.error().message()));
            event->id = id;
            if (!take(std::move(*event))) break;
        }
        return {};
    } catch (const SQLite::Exception& error) {
        return failure("read", error);
    }

private:
    static constexpr int busy_milliseconds = 2000;

    void insert(base::Event& event) {
        insert_.bind(1, static_cast<std::int64_t>(event.time.time_since_epoch().count()));
        insert_.bind(2, std::string(base::to_string(event.kind)));
        insert_.bind(3, event.host);
        insert_.bind(4, event.boot);
        insert_.bind(5, base::to_json(event));
        insert_.exec();
        insert_.tryReset();
        event.id = static_cast<std::uint64_t>(database_.getLastInsertRowid());
    }

    static bool prepare(SQLite::Database& database) {
        database.exec("PRAGMA journal_mode = WAL");
        database.exec("PRAGMA synchronous = NORMAL");
        const int version = database.execAndGet("PRAGMA user_version").getInt();
        if (version > schema_version) {
            throw SQLite::Exception(fmt::format("it was written by a newer musterd (schema {}, this one knows {})",
                                                version, schema_version));
        }
        if (version == schema_version) return true;
        SQLite::Transaction transaction(database);
        database.exec(schema);
        database.exec(fmt::format("PRAGMA user_version = {}", schema_version));
        transaction.commit();
        return true;
    }

    base::Error failure(std::string_view verb, const SQLite::Exception& error) const {
        return base::Error(fmt::format("cannot {} the journal {}: {}", verb, database_.getFilename(), error.what()));
    }

    SQLite::Database database_;
    bool ready_;
    std::unique_ptr<Checkpoints> checkpoints_;
    SQLite::Statement insert_;
};

}  // namespace

base::Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::filesystem::path& file) {
    const auto name = file.empty() ? in_memory : file.string();
    try {
        return std::unique_ptr<Journal>(std::make_unique<SqliteJournal>(name));
    } catch (const SQLite::Exception& error) {
        return base::Error(fmt::format("cannot open the journal {}: {}", name, error.what()));
    }
}

}  // namespace musterd::boots
