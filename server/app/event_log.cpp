#include "server/app/event_log.hpp"

#include "server/base/utf8.hpp"

#include <fmt/format.h>

namespace musterd::app {

namespace {

using base::Event;
using base::EventKind;

std::string detail(const Event& event, const std::string& key) {
    const auto found = event.details.find(key);
    return found == event.details.end() ? std::string{} : found->second;
}

/// name@digest with as much of the digest as a person compares.
std::string short_reference(const std::string& image) {
    constexpr std::size_t digits = 12;
    const auto at = image.find('@');
    return at == std::string::npos ? image : image.substr(0, at + 1 + digits);
}

std::string file_sent(const Event& event) {
    const auto sent = event.sent.value_or(0);
    const auto way = fmt::format("to {} by {}", event.address, detail(event, "protocol"));
    if (event.reason.empty()) return fmt::format("{} sent, {} {}", event.file, megabytes(sent), way);
    return fmt::format("{} broken off after {} of {} {}: {}", event.file, megabytes(sent),
                       megabytes(event.size.value_or(0)), way, event.reason);
}

std::string what(const Event& event) {
    switch (event.kind) {
        case EventKind::dhcp_offer:
            return fmt::format("{} asked, told to fetch {}", detail(event, "client"), event.file);
        case EventKind::dhcp_ack:
            return fmt::format("{} asked on 4011, told to fetch {}", detail(event, "client"), event.file);
        case EventKind::dhcp_ignore:
            return fmt::format("{} not answered: {}", detail(event, "client"), event.reason);
        case EventKind::dhcp_lease:
            return fmt::format("{} has {}", detail(event, "client"), event.address);
        case EventKind::dhcp_nak:
            return fmt::format("{} refused an address: {}", detail(event, "client"), event.reason);
        case EventKind::dhcp_decline:
            return fmt::format("{}", event.reason);
        case EventKind::file_sent:
            return file_sent(event);
        case EventKind::boot_started:
            return fmt::format("boot {} of {}", event.boot, short_reference(event.image));
        case EventKind::script_refused:
            return fmt::format("no boot: {}", event.reason);
        case EventKind::up:
            return fmt::format("up, boot {}", event.boot);
        case EventKind::boot_failed:
            return fmt::format("boot {} failed: {}", event.boot, event.reason);
        case EventKind::machine_seen:
            return fmt::format("not served: {}", event.reason);
        case EventKind::file_refused:
            return fmt::format("{} was refused to {}: {}", event.file, event.address, event.reason);
        case EventKind::second_reader:
            return fmt::format("{} was read by {}: {}", event.file, event.address, event.reason);
        case EventKind::host_late:
            return fmt::format("late: {}", event.reason);
        case EventKind::journal_failing:
            return fmt::format("the journal cannot be written, events wait in memory: {}", event.reason);
        case EventKind::journal_recovered:
            return fmt::format("the journal is written again: {}", event.reason);
        case EventKind::installing:
            return fmt::format("installs, boot {}", event.boot);
        case EventKind::installed:
            return fmt::format("installed, boot {}", event.boot);
        case EventKind::install_report:
            return fmt::format("{} {}: {}", detail(event, "name"), detail(event, "event_type"),
                               detail(event, "description"));
        case EventKind::reinstall_ordered:
            return "to be installed anew at its next boot";
        case EventKind::server_started:
            return "musterd started";
    }
    return {};
}

}  // namespace

std::string megabytes(std::uint64_t bytes) {
    if (bytes < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
    return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string describe(const base::Event& event) {
    const auto& who = event.host.empty() ? event.mac : event.host;
    return base::one_line(who.empty() ? what(event) : fmt::format("{}: {}", who, what(event)));
}

}  // namespace musterd::app
