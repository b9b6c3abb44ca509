#pragma once

#include "server/api/boot_file.hpp"
#include "server/api/site.hpp"
#include "server/base/machine.hpp"

#include <map>
#include <string>

namespace musterd::api {

/// Stands for a boot id where none is minted: as long as one.
inline const std::string no_boot(26, '0');

/// Who reads the script.
enum class ScriptLanguage { ipxe, grub };

/// A request for a boot script, whichever protocol brought it.
struct ScriptRequest {
    std::map<std::string, std::string> query;  ///< mac, uuid, serial, arch
    std::string peer;                          ///< address as text
    std::string server_url;                    ///< http://S:PORT as the client reaches us
    ScriptLanguage language = ScriptLanguage::ipxe;
    std::string files_url = {};  ///< tftp://S for a loader that knows no HTTP; empty: it fetches from server_url
    bool as_new = false;         ///< for one who looks on: as if the machine had never installed anything
};

/// What the query and, where it names no MAC, the address tell of the machine.
base::Result<base::Machine> machine_of(const Site& site, const ScriptRequest& request);

/// Mints a boot and gives its script, or a script that says why there is no boot and asks again. Errors: EINVAL for a
/// query that is none, ENOENT for a machine that is not to be served, others when the boot cannot be journalled.
base::Result<std::string> serve_script(Site& site, const ScriptRequest& request);

/// How a machine asks for its disk: with HEAD, for it as a whole, or for the rest of it.
enum class DiskAsked { head, whole, again };

/// The disk image that UEFI HTTP Boot takes for a RAM disk, with no loader and no script before it: mints a boot,
/// unless the machine goes on with one or asks for the head only. Errors: as serve_script(), ENOENT also where the
/// machine's image is no disk.
base::Result<BootFile> serve_disk(Site& site, const ScriptRequest& request, DiskAsked asked);

/// As long as what serve_script() would give, without minting anything: for HEAD.
base::Result<std::string> preview_script(Site& site, const ScriptRequest& request);

}  // namespace musterd::api
