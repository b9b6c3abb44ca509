#pragma once

#include "server/base/event.hpp"
#include "server/base/result.hpp"
#include "server/boots/roll.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace musterd::boots {

/// The roll as it was after the event `id`; 0: before the first.
struct KeptRoll {
    Roll roll;
    std::uint64_t id = 0;
};

/// Where events are kept. Narrow on purpose: another engine (etcd, for several servers) has to do only this.
class Journal {
public:
    virtual ~Journal() = default;

    /// Keeps the events, all or none, and sets the ids of those that have none (0). Once it returns, kill -9 of this
    /// process loses nothing of them.
    virtual base::Result<void> append(std::span<base::Event> events) = 0;
    /// Calls `take` with each event after `after`, in order, until it says false.
    /// `host`: only that host's; empty = all.
    virtual base::Result<void> read(std::uint64_t after, const std::string& host,
                                    const std::function<bool(base::Event)>& take) = 0;

    /// A roll that was kept beside the events, exactly what they give up to its id: only those after it have to be
    /// read. An engine may keep none.
    virtual base::Result<KeptRoll> kept_roll() { return KeptRoll{}; }
    /// Keeps this one, made from all events, in the place of what was kept.
    virtual base::Result<void> keep_roll(const KeptRoll& /*roll*/) { return {}; }
};

/// How long events stay that the roll does not need. The last boots of every host always stay, every event of them.
struct Retention {
    std::chrono::milliseconds keep = std::chrono::days(90);
    std::uint64_t max_bytes = std::uint64_t{1} << 30;  ///< of the file; the oldest events give way
};

/// In SQLite: WAL, one writer. Killing the process loses nothing that append() returned for; losing power may lose
/// the last commits but never corrupts (synchronous=NORMAL, sqlite.org/pragma.html#pragma_synchronous).
/// An empty path is a journal in memory, for tests.
base::Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::filesystem::path& file,
                                                           const Retention& retention = {});

}  // namespace musterd::boots
