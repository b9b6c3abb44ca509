#pragma once

#include "server/boots/roll.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace musterd::boots {

/// Whether a disk may be written is decided by these rules, and a restart changes nothing of them, for they are made of
/// events:
///   - a host installs when its profile installs and nothing is known of an earlier installation of it;
///   - from `installing` on, or `installed` where that alone arrived, one is known, and the host installs no more: not
///     after a power cut, not with another image, not under another profile, not under another name (it is known by
///     its cards too);
///   - `reinstall_ordered` is a person's word for one more: of that host, nothing from before it counts.

/// What is known of the host's installation: by its name, else by one of its cards under another name. nullptr:
/// nothing.
const Installation* installation_of(const Roll& roll, std::string_view host, const std::vector<std::string>& macs);

/// Whether these rules need events of that kind for ever, however old they are: there are few of them.
bool decides_of_disks(std::string_view kind);

/// For the reducer: `installing` or `installed` is remembered; true when it is of the boot that the host is at.
bool note_installation(HostState& host, const base::Event& event);
Stage stage_of_report(base::EventKind kind);
/// For the reducer: a person's word.
void forget_installation(HostState& host, const base::Event& event);

}  // namespace musterd::boots
