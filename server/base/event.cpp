#include "server/base/event.hpp"

#include "server/base/json.hpp"
#include "server/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace musterd::base {

namespace {

using Name = std::pair<EventKind, std::string_view>;
constexpr std::array names{
    Name{EventKind::dhcp_offer, "dhcp_offer"},
    Name{EventKind::dhcp_ack, "dhcp_ack"},
    Name{EventKind::dhcp_ignore, "dhcp_ignore"},
    Name{EventKind::file_sent, "file_sent"},
    Name{EventKind::boot_started, "boot_started"},
    Name{EventKind::up, "up"},
    Name{EventKind::boot_failed, "boot_failed"},
    Name{EventKind::machine_seen, "machine_seen"},
    Name{EventKind::server_started, "server_started"},
    Name{EventKind::script_refused, "script_refused"},
    Name{EventKind::dhcp_lease, "dhcp_lease"},
    Name{EventKind::dhcp_nak, "dhcp_nak"},
    Name{EventKind::dhcp_decline, "dhcp_decline"},
    Name{EventKind::file_refused, "file_refused"},
    Name{EventKind::host_late, "host_late"},
    Name{EventKind::journal_failing, "journal_failing"},
    Name{EventKind::journal_recovered, "journal_recovered"},
    Name{EventKind::installing, "installing"},
    Name{EventKind::installed, "installed"},
    Name{EventKind::install_report, "install_report"},
    Name{EventKind::reinstall_ordered, "reinstall_ordered"},
    Name{EventKind::second_reader, "second_reader"},
};

using TextField = std::pair<std::string_view, std::string Event::*>;
constexpr std::array text_fields{
    TextField{"mac", &Event::mac},         TextField{"host", &Event::host},   TextField{"boot", &Event::boot},
    TextField{"address", &Event::address}, TextField{"image", &Event::image}, TextField{"file", &Event::file},
};

}  // namespace

std::string_view to_string(EventKind kind) {
    return std::find_if(names.begin(), names.end(), [kind](const Name& name) { return name.first == kind; })->second;
}

std::optional<EventKind> event_kind(std::string_view text) {
    const auto found =
        std::find_if(names.begin(), names.end(), [text](const Name& name) { return name.second == text; });
    if (found == names.end()) return std::nullopt;
    return found->first;
}

std::string to_json(const Event& event) {
    boost::json::object object;
    if (event.id != 0) object["id"] = event.id;
    object["time"] = to_rfc3339(event.time);
    object["kind"] = to_string(event.kind);
    for (const auto& [name, field] : text_fields) {
        if (!(event.*field).empty()) object[name] = to_utf8(event.*field);
    }
    if (event.sent) object["sent"] = *event.sent;
    if (event.size) object["size"] = *event.size;
    if (!event.reason.empty()) object["reason"] = to_utf8(event.reason);
    if (!event.details.empty()) {
        auto& details = object["details"].emplace_object();
        for (const auto& [key, value] : event.details)
            details[to_utf8(key)] = to_utf8(value);
    }
    return boost::json::serialize(object);
}

Result<Event> event_from_json(std::string_view json) {
    // Journals of before to_json() saw to it may hold what machines sent as it came.
    const auto object = parse_json_object(is_utf8(json) ? std::string(json) : to_utf8(json));
    if (!object) return object.error();
    Event event;
    const auto kind = event_kind(json_text(*object, "kind"));
    if (!kind) return Error("event of unknown kind \"" + json_text(*object, "kind") + "\"");
    event.kind = *kind;
    const auto time = parse_rfc3339(json_text(*object, "time"));
    if (!time) return time.error();
    event.time = *time;
    event.id = json_count(*object, "id").value_or(0);
    for (const auto& [name, field] : text_fields)
        event.*field = json_text(*object, name);
    event.sent = json_count(*object, "sent");
    event.size = json_count(*object, "size");
    event.reason = json_text(*object, "reason");
    if (const auto* details = object->if_contains("details"); details != nullptr && details->is_object()) {
        for (const auto& [key, value] : details->get_object()) {
            if (value.is_string()) event.details.emplace(key, value.get_string());
        }
    }
    return event;
}

}  // namespace musterd::base
