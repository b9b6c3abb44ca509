#pragma once

#include "server/boots/journal.hpp"

#include <SQLiteCpp/Database.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace musterd::boots {

/// The roll in the tables kept_roll and kept_roll_at. It follows the events a little behind, a few at a time, always
/// being exactly what the events up to some id give. Throws SQLite::Exception.
class RollTable {
public:
    /// `writing` is held while it writes: SQLite has one writer, and whoever finds it busy sleeps longer than needed.
    RollTable(SQLite::Database& database, std::mutex& writing) : database_(database), writing_(writing) {}

    /// None (id 0) when there is none, or one of another reducer_version, or one that is damaged.
    [[nodiscard]] KeptRoll load() const;
    void replace(const KeptRoll& kept);
    /// Takes in at most `most` of the events that it lacks. How many it took; 0 as well when there is nothing to go on
    /// from.
    std::size_t catch_up(std::size_t most);
    /// The first event that each host's last boots need, by host.
    [[nodiscard]] std::map<std::string, std::uint64_t> needed() const;

private:
    struct Part;  ///< of the roll: what some events concern
    [[nodiscard]] std::optional<std::uint64_t> position() const;
    [[nodiscard]] std::optional<std::map<std::string, UnknownMachine, std::less<>>> load_unknown() const;
    bool load_host(Part& part, const std::string& name) const;
    std::size_t take_in(Part& part, std::uint64_t after, std::size_t most) const;
    void write(const Part& part);
    void put(const char* what, const std::string& name, const std::string& state);
    void move_to(std::uint64_t id);

    SQLite::Database& database_;
    std::mutex& writing_;
};

}  // namespace musterd::boots
