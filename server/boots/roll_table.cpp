#include "server/boots/roll_table.hpp"

#include "server/boots/event_rows.hpp"
#include "server/boots/roll_snapshot.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <set>

namespace musterd::boots {

namespace {

constexpr const char* host_row = "host";
constexpr const char* machine_row = "machine";

using Unknown = std::map<std::string, UnknownMachine, std::less<>>;

}  // namespace

struct RollTable::Part {
    Roll roll;
    Unknown unknown_before;
    std::set<std::string> hosts;  ///< that are in the roll
    std::uint64_t id = 0;         ///< of the last event taken in
};

/// Up to which event the table goes; nothing when it is not to be used.
std::optional<std::uint64_t> RollTable::position() const {
    SQLite::Statement select(database_,
                             "SELECT version, id, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) "
                             "FROM kept_roll_at");
    if (!select.executeStep()) return std::nullopt;
    const auto id = select.getColumn(1).getInt64();
    const bool usable = select.getColumn(0).getInt() == reducer_version && id <= select.getColumn(2).getInt64();
    if (!usable) return std::nullopt;
    return static_cast<std::uint64_t>(id);
}

std::optional<Unknown> RollTable::load_unknown() const {
    Unknown unknown;
    SQLite::Statement select(database_, "SELECT name, state FROM kept_roll WHERE what = ?");
    select.bind(1, machine_row);
    while (select.executeStep()) {
        auto machine = machine_from_snapshot(select.getColumn(1).getString());
        if (!machine) return std::nullopt;
        unknown.emplace(select.getColumn(0).getString(), std::move(*machine));
    }
    return unknown;
}

KeptRoll RollTable::load() const {
    const SQLite::Transaction one_state(database_);
    const auto id = position();
    auto unknown = load_unknown();
    if (!id || !unknown) return {};
    KeptRoll kept;
    kept.id = *id;
    kept.roll.unknown = std::move(*unknown);
    SQLite::Statement select(database_, "SELECT name, state FROM kept_roll WHERE what = ?");
    select.bind(1, host_row);
    while (select.executeStep()) {
        auto host = host_from_snapshot(select.getColumn(1).getString());
        if (!host) return {};
        kept.roll.put(select.getColumn(0).getString(), std::move(*host));
    }
    return kept;
}

void RollTable::put(const char* what, const std::string& name, const std::string& state) {
    SQLite::Statement insert(database_, "INSERT OR REPLACE INTO kept_roll VALUES (?, ?, ?)");
    insert.bind(1, what);
    insert.bind(2, name);
    insert.bind(3, state);
    insert.exec();
}

void RollTable::move_to(std::uint64_t id) {
    database_.exec(fmt::format("UPDATE kept_roll_at SET version = {}, id = {}", reducer_version, id));
}

void RollTable::replace(const KeptRoll& kept) {
    const std::lock_guard lock(writing_);
    SQLite::Transaction transaction(database_);
    database_.exec("DELETE FROM kept_roll");
    for (const auto& [name, host] : kept.roll.hosts)
        put(host_row, name, to_snapshot(host));
    for (const auto& [mac, machine] : kept.roll.unknown)
        put(machine_row, mac, to_snapshot(machine));
    move_to(kept.id);
    transaction.commit();
}

/// False when what stands there is damaged.
bool RollTable::load_host(Part& part, const std::string& name) const {
    if (!part.hosts.insert(name).second) return true;
    SQLite::Statement select(database_, "SELECT state FROM kept_roll WHERE what = ? AND name = ?");
    select.bind(1, host_row);
    select.bind(2, name);
    if (!select.executeStep()) return true;
    auto host = host_from_snapshot(select.getColumn(0).getString());
    if (host) part.roll.put(name, std::move(*host));
    return host.has_value();
}

std::size_t RollTable::take_in(Part& part, std::uint64_t after, std::size_t most) const {
    SQLite::Statement select(database_,
                             fmt::format("SELECT {} FROM event WHERE id > ? ORDER BY id LIMIT ?", event_columns));
    select.bind(1, static_cast<std::int64_t>(after));
    select.bind(2, static_cast<std::int64_t>(most));
    std::size_t count = 0;
    while (select.executeStep()) {
        ++count;
        part.id = static_cast<std::uint64_t>(select.getColumn(0).getInt64());
        const auto event = event_of(select);
        if (!event) continue;  // told by whoever reads it; the roll of a start lacks it as well
        if (!event->host.empty() && !load_host(part, event->host)) return 0;
        reduce(part.roll, *event);
    }
    return count;
}

void RollTable::write(const Part& part) {
    const std::lock_guard lock(writing_);
    SQLite::Transaction transaction(database_);
    for (const auto& name : part.hosts)
        put(host_row, name, to_snapshot(part.roll.hosts.at(name)));
    for (const auto& [mac, machine] : part.roll.unknown) {
        const auto before = part.unknown_before.find(mac);
        if (before == part.unknown_before.end() || before->second != machine)
            put(machine_row, mac, to_snapshot(machine));
    }
    SQLite::Statement remove(database_, "DELETE FROM kept_roll WHERE what = ? AND name = ?");
    for (const auto& [mac, machine] : part.unknown_before) {
        if (part.roll.unknown.contains(mac)) continue;
        remove.reset();
        remove.bind(1, machine_row);
        remove.bind(2, mac);
        remove.exec();
    }
    move_to(part.id);
    transaction.commit();
}

std::size_t RollTable::catch_up(std::size_t most) {
    Part part;
    std::size_t count = 0;
    {
        const SQLite::Transaction one_state(database_);
        const auto after = position();
        auto unknown = load_unknown();
        if (!after || !unknown) return 0;
        part.roll.unknown = std::move(*unknown);
        part.unknown_before = part.roll.unknown;
        count = take_in(part, *after, most);
    }
    if (count > 0) write(part);
    return count;
}

std::map<std::string, std::uint64_t> RollTable::needed() const {
    std::map<std::string, std::uint64_t> first;
    for (const auto& [name, host] : load().roll.hosts)
        first[name] = host.boots.empty() ? host.began : host.boots.back().began;
    return first;
}

}  // namespace musterd::boots
