#include "server/boots/installation.hpp"

#include <algorithm>

namespace musterd::boots {

namespace {

bool has_card(const std::vector<std::string>& macs, const Installation& installation) {
    return std::find(macs.begin(), macs.end(), installation.mac) != macs.end();
}

}  // namespace

const Installation* installation_of(const Roll& roll, std::string_view host, const std::vector<std::string>& macs) {
    const auto own = roll.hosts.find(host);
    if (own != roll.hosts.end() && own->second.installation) return &*own->second.installation;
    const auto ordered = own == roll.hosts.end() ? 0 : own->second.reinstall_ordered;
    for (const auto& [name, state] : roll.hosts) {
        const bool counts = state.installation && state.installation->noted > ordered;
        if (counts && has_card(macs, *state.installation)) return &*state.installation;
    }
    return nullptr;
}

bool decides_of_disks(std::string_view kind) {
    using base::EventKind;
    return kind == to_string(EventKind::installing) || kind == to_string(EventKind::installed) ||
           kind == to_string(EventKind::reinstall_ordered);
}

bool note_installation(HostState& host, const base::Event& event) {
    auto& known = host.installation;
    // A late word of an older boot is no news.
    if (!known || known->boot < event.boot) known = Installation{event.boot, event.mac, event.time, {}, event.id};
    const bool done = event.kind == base::EventKind::installed && known->boot == event.boot;
    if (done && !known->ended) known->ended = event.time;
    return host.current() != nullptr && host.current()->id == event.boot;
}

Stage stage_of_report(base::EventKind kind) {
    return kind == base::EventKind::installed ? Stage::installed : Stage::installing;
}

void forget_installation(HostState& host, const base::Event& event) {
    host.installation.reset();
    host.reinstall_ordered = event.id;
}

}  // namespace musterd::boots
