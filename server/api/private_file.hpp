#pragma once

#include "server/api/boot_file.hpp"
#include "server/api/site.hpp"

#include <string>

namespace musterd::api {

/// What is secret goes to the boot's own machine only: to the address that fetched its script or that DHCP gave to one
/// of the host's cards, while the boot is the host's last one, and no longer once it is up. Whoever else asks is an
/// event, one for each boot and address. Error: EACCES, with the reason.
///
/// The machine itself reads a document again when it retries, so that is served; but so would be a stranger who took
/// its address. The first reading after it had the whole is an event, and one more where no machine reads so often.
base::Result<void> may_read(Site& site, const boots::Roll::Found& found, const BootFile& file, const std::string& peer,
                            std::string_view protocol);

/// What a machine reports of a boot (`what`: up, failed) is taken from any address but one that is known to be another
/// host's: a machine that is up may have another address than its loader had, but none speaks for its neighbour. Also
/// an event, one for each boot and address. Error: EACCES, with the reason.
base::Result<void> may_report(Site& site, const boots::Roll::Found& found, std::string_view what,
                              const std::string& peer);

}  // namespace musterd::api
