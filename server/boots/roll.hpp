// server/boots: the roll of hosts. Events go in, where each host stands comes out.
//
// roll      (pure) what is known of each host, and reduce(): one event more. Total: any event in any order gives a
//           roll. roll_snapshot (pure) writes it down and reads it again.
// journal   the events, appended and never changed. It is the truth; the roll is derived from it. sqlite_journal keeps
//           them in SQLite; roll_table keeps the roll beside them, so that a start does not read them all.
// installation  (pure) whose disk was written, so that it is not written again by accident.
// deadline  (pure) how long a host may take, and why it is late.
// boots     both together on the control thread: journalled first, then reduced, then told to whoever listens.
//
// It is not a place that decides what a host boots (profiles), nor one that knows a packet or a URL.
#pragma once

#include "server/base/event.hpp"
#include "server/boots/stage.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace musterd::boots {

/// How much of one file of a boot has reached the machine: the furthest that any one transfer of it came.
struct FileProgress {
    std::uint64_t sent = 0;  ///< bytes
    std::uint64_t size = 0;  ///< bytes

    bool operator==(const FileProgress&) const = default;
};

/// That a machine's disk was written, or that it was begun: what keeps it from being written again without a person's
/// word (installation.hpp).
struct Installation {
    std::string boot;
    std::string mac;  ///< of the card that it booted by
    base::Time began;
    std::optional<base::Time> ended;  ///< when the machine said that it is installed
    std::uint64_t noted = 0;          ///< the id of the event by which it became known

    bool operator==(const Installation&) const = default;
};

/// One attempt of one host to come up.
struct Boot {
    std::string id;
    base::Time started;
    std::string image;                   ///< digest
    std::string address;                 ///< that fetched the script
    std::string mac;                     ///< of the NIC it boots by
    std::map<Stage, base::Time> stages;  ///< when each was first reached
    std::map<std::string, FileProgress> bytes;
    /// The id of the event with which it began, as HostState::began.
    std::uint64_t began = 0;

    bool operator==(const Boot&) const = default;
};

struct HostState {
    Stage stage = Stage::none;
    Condition condition = Condition::ok;
    std::string reason;  ///< why the condition is not ok
    base::Time since;    ///< when `stage` was reached
    /// Stages reached since the machine's firmware came on, before its script gave it a boot id.
    std::map<Stage, base::Time> before_script;
    /// How often its firmware has asked since it came on.
    unsigned offers = 0;
    /// The id of the event with which its last boot began: the firmware's first request, or a script without one.
    std::uint64_t began = 0;
    /// The id of the newest event of it that is in here. An older one, or the same once more, changes nothing: the
    /// order of things is that of the journal, because clocks are set back.
    std::uint64_t newest = 0;
    /// True from the first script after power-on until the firmware is seen again.
    bool booting = false;
    /// The last that was begun or done, whichever profile the host has now.
    std::optional<Installation> installation;
    /// The id of a person's last word for one more; 0: never.
    std::uint64_t reinstall_ordered = 0;
    /// Newest first. Older ones stay for a while, because their files may still be asked for.
    std::deque<Boot> boots;

    static constexpr std::size_t boots_kept = 4;

    /// The boot under way or the one that brought it up; null between power-on and script.
    [[nodiscard]] const Boot* current() const { return booting && !boots.empty() ? &boots.front() : nullptr; }
    bool operator==(const HostState&) const = default;
};

/// A machine that no host names, and that wanted to boot.
struct UnknownMachine {
    base::Time first;
    base::Time last;
    std::uint64_t times = 0;   ///< that it was noted, which is at most once a second
    std::uint64_t newest = 0;  ///< id of the event
    std::string address;
    std::string reason;                          ///< why it was not served
    std::map<std::string, std::string> details;  ///< what it said of itself

    bool operator==(const UnknownMachine&) const = default;
};

struct Roll {
    std::map<std::string, HostState, std::less<>> hosts;
    /// By MAC; those that were seen longest ago are forgotten when there are too many.
    std::map<std::string, UnknownMachine, std::less<>> unknown;
    /// Whose each boot is that a host still has; reduce() and put() keep it.
    std::map<std::string, std::string, std::less<>> host_of_boot;

    static constexpr std::size_t unknown_kept = 1000;

    /// A host as it was kept elsewhere.
    void put(const std::string& name, HostState host);

    /// The boot with this id, if it is among those kept, and its host.
    struct Found {
        std::string_view host;
        const Boot* boot = nullptr;
    };
    [[nodiscard]] Found find_boot(std::string_view id) const;
    bool operator==(const Roll&) const = default;
};

/// Counts up with every change of what the values above hold or of what reduce() makes of events: a roll that an older
/// one has kept (roll_snapshot.hpp) is then made anew from the events.
inline constexpr int reducer_version = 2;

/// Adds one event. Late events of an older boot change nothing; the same event twice, or any that the host has had
/// before (by its id; 0 is an event that is in no journal), changes nothing more.
void reduce(Roll& roll, const base::Event& event);

}  // namespace musterd::boots
