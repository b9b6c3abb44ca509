#pragma once

#include "server/base/clock.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace musterd::base {

/// What was seen or done. The names are the journal's and the API's; never rename one.
enum class EventKind {
    dhcp_offer,         ///< we answered a DISCOVER; file = what we told it to fetch, firmware in details
    dhcp_ack,           ///< we answered on 4011
    dhcp_ignore,        ///< we stayed silent to a boot client; reason says why
    file_sent,          ///< a transfer ended, whole or not: file, sent, size, reason if not whole; details.protocol
    boot_started,       ///< a boot id was minted with its script: boot, image
    script_refused,     ///< a host asked for its script and there is none to give: reason
    up,                 ///< the machine said that it is up; details hold what it sent
    boot_failed,        ///< the machine said that it failed; reason
    machine_seen,       ///< a machine that no host names asked to boot
    dhcp_lease,         ///< we gave the host its address, or renewed it: address
    dhcp_nak,           ///< we refused an address to a host that has one of ours: reason
    dhcp_decline,       ///< the host says that another machine uses the address that we gave it: address
    file_refused,       ///< a document of a boot was refused to one who may not read it: file, address, reason
    second_reader,      ///< a private document of a boot was read again after its machine had it whole: file, address,
                        ///< reason
    host_late,          ///< a host did not show in time what it has to: reason; details.awaited is the stage
    journal_failing,    ///< the journal cannot be written: reason; events wait in memory
    journal_recovered,  ///< it is written again: reason says how many waited
    installing,         ///< the machine says that it begins to install: its disk is written from here on
    installed,          ///< the machine says that it is installed
    install_report,     ///< what an installer says while it works: details.name, event_type, result, description
    reinstall_ordered,  ///< a person wants the host installed anew
    server_started,     ///< musterd came up; everything after it was seen by this run
};
std::string_view to_string(EventKind kind);
std::optional<EventKind> event_kind(std::string_view name);

/// One thing that was seen or done. Appended to the journal, never changed. Empty fields are not written.
struct Event {
    std::uint64_t id = 0;  ///< order in the journal, from 1; 0 = not journalled yet
    Time time;
    EventKind kind = EventKind::machine_seen;
    std::string mac;
    std::string host;
    std::string boot;
    std::string address;
    std::string image;                  ///< as name@digest
    std::string file;                   ///< by the name the boot knows it: kernel, initrd, overlay, loader file
    std::optional<std::uint64_t> sent;  ///< bytes of `file` delivered in this transfer
    std::optional<std::uint64_t> size;  ///< bytes that `file` has
    std::string reason;
    std::map<std::string, std::string> details;

    bool operator==(const Event&) const = default;
};

/// One line of JSON, keys in the order of the struct, time in RFC 3339.
std::string to_json(const Event& event);
Result<Event> event_from_json(std::string_view json);

}  // namespace musterd::base
