#pragma once

#include "images/overlay.hpp"
#include "profiles/kernel_line.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::api {

/// The documents of cloud-init's NoCloud seed (cloudinit/sources/DataSourceNoCloud.py), which it fetches from
/// ds=nocloud;dsmode=net;s=URL/. Without meta-data and user-data it has no seed; for the others it waits ten seconds
/// where they are missing, so they are there and empty. And what other installers fetch: preseed, Debian's.
enum class SeedDocument { meta_data, user_data, vendor_data, network_config, preseed, bf_cfg };
/// "meta-data", "user-data", "vendor-data", "network-config", "preseed", "bf.cfg"; nothing for any other name.
std::optional<SeedDocument> seed_document(std::string_view name);

/// What a seed says of one boot.
struct SeedFacts {
    std::string name;                      ///< the host's, or what its events call the machine
    const profiles::Host* host = nullptr;  ///< null: a machine that no host names
    const profiles::Plan* plan = nullptr;  ///< never null
    profiles::BootFacts boot;
};

/// The document as it is served.
///
///   meta-data       instance-id, a new one for each boot, so that cloud-init takes a machine that has no disk for new
///                   at each; local-hostname
///   user-data       ours: the host's name and SSH key, and a call when all is done; then what profile and host add,
///   each a part of
///                   a MIME message, whose later parts go before the earlier ones key by key (cloudinit/handlers/
///                   cloud_config.py, DEF_MERGERS)
///   vendor-data, network-config   what profile or host say, or nothing
///   preseed     what host or profile say, the built-in debian-install at the least
///   bf.cfg      the same of bluefield, behind what it must not be without (profiles/built_in_documents.hpp)
///
/// Where a profile installs by it, user-data begins with the answers for Ubuntu's installer instead of what is ours.
/// Where the host has a table k3s, a part of user-data puts K3s's configuration and the node password into place before
/// anything of cloud-init's other modules runs, and whatever they do.
///   preseed     what profile or host say, which is always something where the profile is debian-install's
std::string seed_text(SeedDocument document, const SeedFacts& facts);

/// Whether there is one: the four of cloud-init always, the others where profile or host have them.
bool has(SeedDocument document, const SeedFacts& facts);

/// What of it the initramfs is to find too: K3s's configuration, and for a BlueField's installer /etc/bf.cfg, which it
/// sources.
bool wants_documents_in_overlay(const profiles::Plan& plan, const profiles::Host* host);
std::vector<images::OverlayFile> documents_in_overlay(const SeedFacts& facts);

/// Whether it holds a secret, or a person wrote part of it, who may have written one.
bool is_private(SeedDocument document, const SeedFacts& facts);

}  // namespace musterd::api
