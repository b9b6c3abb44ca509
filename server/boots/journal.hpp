#pragma once

#include "server/base/event.hpp"
#include "server/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace musterd::boots {

/// Where events are kept. Narrow on purpose: another engine (etcd, for several servers) has to do only this.
class Journal {
public:
    virtual ~Journal() = default;

    /// Keeps the events, all or none, and sets their ids. Once it returns, kill -9 of this process loses nothing of
    /// them.
    virtual base::Result<void> append(std::span<base::Event> events) = 0;
    /// Calls `take` with each event after `after`, in order, until it says false.
    /// `host`: only that host's; empty = all.
    virtual base::Result<void> read(std::uint64_t after, const std::string& host,
                                    const std::function<bool(base::Event)>& take) = 0;
};

/// In SQLite: WAL, one writer. Killing the process loses nothing that append() returned for; losing power may lose
/// the last commits but never corrupts (synchronous=NORMAL, sqlite.org/pragma.html#pragma_synchronous).
/// An empty path is a journal in memory, for tests.
base::Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::filesystem::path& file);

}  // namespace musterd::boots
