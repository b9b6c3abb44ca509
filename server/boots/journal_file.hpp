#pragma once

#include "server/base/event.hpp"
#include "server/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <istream>
#include <string>
#include <vector>

namespace musterd::boots {

/// What to do with a journal that is damaged, for messages.
inline constexpr const char* cure_of_damage =
    "save what can be read with `musterd journal export FILE`, move state.db* out of data_dir, and bring it back with "
    "`musterd journal import FILE`";

struct Exported {
    std::uint64_t events = 0;
    std::vector<std::string> damaged;  ///< what could not be read, in words
};

/// Hands every event that can be read to `take`, in order, as they are at this moment; a server may go on writing.
/// What is damaged is passed over and told. The error: it is no journal, or not there.
base::Result<Exported> export_journal(const std::filesystem::path& file,
                                      const std::function<void(const base::Event&)>& take);

/// Makes a journal of lines of JSON, each an event with an id greater than that before; empty lines are passed over.
/// All or nothing: the error names the line, and `file` is as it was. Refused where `file` has events already. How many
/// they were.
base::Result<std::uint64_t> import_journal(std::istream& lines, const std::filesystem::path& file);

/// Every problem of the file and its log, in words; none: all is well. Reads all of it.
std::vector<std::string> check_journal(const std::filesystem::path& file);

/// What stands in the log of `file` and SQLite will not read: a copy is made beside it, and its name and what it means
/// is returned. Empty when all is well. Before the file is opened.
std::string rescue_log(const std::filesystem::path& file);

}  // namespace musterd::boots
