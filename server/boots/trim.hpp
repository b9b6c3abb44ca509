#pragma once

#include "server/base/clock.hpp"
#include "server/boots/journal.hpp"

#include <SQLiteCpp/Database.h>

#include <map>
#include <mutex>
#include <string>

namespace musterd::boots {

struct Trimmed {
    std::uint64_t events = 0;  ///< removed
    bool too_large = false;    ///< what has to stay is more than max_bytes
};

/// Removes events from the oldest on: those from before `now` less `keep`, and more while the file has more bytes in
/// use than it may. Of a host stays whatever came after `needed`, all of one that is not named there, and
/// what decides whether its disk may be written. A few at a
/// time, `writing` held for each time. Throws SQLite::Exception.
Trimmed trim(SQLite::Database& database, std::mutex& writing, const Retention& retention, base::Time now,
             const std::map<std::string, std::uint64_t>& needed);

}  // namespace musterd::boots
