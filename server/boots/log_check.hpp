#pragma once

#include <cstdint>
#include <istream>
#include <optional>

namespace musterd::boots {

/// What stands in a write-ahead log of SQLite (sqlite.org/fileformat2.html#walformat). SQLite reads it up to the first
/// frame whose checksum is wrong, and ignores what follows without a word.
struct LogState {
    std::uint64_t frames = 0;   ///< that are good, from the first on
    std::uint64_t commits = 0;  ///< among them: transactions that are whole
    /// Where the first frame begins that is not good, though a whole transaction of the same log comes after it or ends
    /// with it: what was kept is lost. A process that is killed while it writes leaves no such thing.
    std::optional<std::uint64_t> damaged_at;
};

/// Reads the log to its end. One that is empty or none has no frames.
LogState check_log(std::istream& log);

}  // namespace musterd::boots
