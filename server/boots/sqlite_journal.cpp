#include "server/boots/event_rows.hpp"
#include "server/boots/journal.hpp"
#include "server/boots/journal_file.hpp"
#include "server/boots/roll_table.hpp"
#include "server/boots/sqlite_schema.hpp"
#include "server/boots/upkeep.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <mutex>
#include <optional>
#include <set>

namespace musterd::boots {

namespace {

const std::string in_memory = ":memory:";

std::string cure_of(const SQLite::Exception& error) {
    const bool damaged = error.getErrorCode() == SQLITE_CORRUPT || error.getErrorCode() == SQLITE_NOTADB;
    return damaged ? std::string("; ") + cure_of_damage : std::string{};
}

class SqliteJournal final : public Journal {
public:
    SqliteJournal(const std::string& file, const Retention& retention)
        : database_(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busy_milliseconds),
          ready_(prepare(database_)),
          writer_(database_),
          upkeep_(file == in_memory ? nullptr : std::make_unique<Upkeep>(database_, writing_, retention)) {}

    base::Result<void> append(std::span<base::Event> events) override try {
        const std::lock_guard lock(writing_);
        // A single statement is a transaction by itself; several cost one write of the log together.
        std::optional<SQLite::Transaction> together;
        if (events.size() > 1) together.emplace(database_);
        for (auto& event : events)
            writer_.insert(event);
        if (together) together->commit();
        if (upkeep_) upkeep_->appended(events.size());
        return {};
    } catch (const SQLite::Exception& error) {
        const auto failed = failure("append to", error);
        writer_.reset();  // of a statement that failed, reset() would throw that failure once more
        return failed;
    }

    base::Result<void> read(std::uint64_t after, const std::string& host,
                            const std::function<bool(base::Event)>& take) override try {
        SQLite::Statement select(database_, fmt::format("SELECT {} FROM event WHERE id > ?{} ORDER BY id",
                                                        event_columns, host.empty() ? "" : " AND host = ?"));
        select.bind(1, static_cast<std::int64_t>(after));
        if (!host.empty()) select.bind(2, host);
        while (select.executeStep()) {
            auto event = event_of(select);
            if (!event) {
                say_once(select.getColumn(0).getInt64(), event.error());
                continue;
            }
            if (!take(std::move(*event))) break;
        }
        return {};
    } catch (const SQLite::Exception& error) {
        return failure("read", error);
    }

    base::Result<KeptRoll> kept_roll() override try {
        return RollTable(database_, writing_).load();
    } catch (const SQLite::Exception& error) {
        return failure("read", error);
    }

    base::Result<void> keep_roll(const KeptRoll& kept) override try {
        RollTable(database_, writing_).replace(kept);
        return {};
    } catch (const SQLite::Exception& error) {
        return failure("write", error);
    }

private:
    static constexpr int busy_milliseconds = 2000;

    static bool prepare(SQLite::Database& database) {
        prepare_schema(database);
        return true;
    }

    /// One damaged event must not hide the others; and it must not be lost silently.
    void say_once(std::int64_t id, const base::Error& error) {
        if (damaged_.insert(id).second) spdlog::error("{}; it is left out", error.message());
    }

    base::Error failure(std::string_view verb, const SQLite::Exception& error) const {
        return base::Error(
            fmt::format("cannot {} the journal {}: {}{}", verb, database_.getFilename(), error.what(), cure_of(error)));
    }

    SQLite::Database database_;
    bool ready_;
    std::mutex writing_;
    EventWriter writer_;
    std::set<std::int64_t> damaged_;
    std::unique_ptr<Upkeep> upkeep_;  ///< last: it uses all of the above
};

}  // namespace

base::Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::filesystem::path& file,
                                                           const Retention& retention) {
    const auto name = file.empty() ? in_memory : file.string();
    if (const auto damage = rescue_log(file); !damage.empty()) spdlog::error("{}", damage);
    try {
        return std::unique_ptr<Journal>(std::make_unique<SqliteJournal>(name, retention));
    } catch (const SQLite::Exception& error) {
        return base::Error(fmt::format("cannot open the journal {}: {}{}", name, error.what(), cure_of(error)));
    }
}

}  // namespace musterd::boots
