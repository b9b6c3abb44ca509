#pragma once

#include "images/overlay.hpp"
#include "server/api/site.hpp"
#include "server/base/fd.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace musterd::api {

/// A file that a machine asked for, opened.
struct BootFile {
    base::FileSlice slice;
    std::string name;  ///< as events call it: kernel, initrd, overlay, or the loader's file name
    std::string boot;  ///< empty for a loader or a file asked for by digest
    std::string host;
};

/// Who asks, and how he reached us.
struct Asker {
    std::string peer;        ///< address as text
    std::string server_url;  ///< what we tell the machine to call
    std::string_view protocol;
};

/// What the overlay of a boot holds. `identity`: nothing for a machine without a host, or whose profile wants none.
/// Each secret is a file of its name in the folder `secrets`, with a line break at its end.
std::vector<images::OverlayFile> overlay_files(std::string_view host, const boots::Boot& boot,
                                               const std::string& server_url,
                                               const std::optional<profiles::Identity>& identity,
                                               const profiles::SecretTexts& secrets = {});
/// The identity that the host's profile gives it; nothing where there is no such host or it wants none.
std::optional<profiles::Identity> identity_in_overlay(const profiles::Configuration& configuration,
                                                      const profiles::SiteKey& key, std::string_view host);
/// A file of the loaders' folder; one that must know whom to ask gets `server_url` written into it.
base::Result<BootFile> open_loader_file(const Site& site, const std::string& name, const std::string& server_url);
/// A file of a boot: kernel, initrd, initrd1, …, root, loader, disk, overlay; root.iso where that is one. EACCES: the
/// overlay holds secrets that are not for him who asks.
base::Result<BootFile> open_file_of_boot(Site& site, std::string_view boot, std::string_view file, const Asker& asker);
/// A file of an image by its digest.
base::Result<BootFile> open_file_of_image(Site& site, std::string_view digest, std::string_view path);

/// The same from a path as TFTP gives it: "/boot/loader/NAME", "/boot/BOOTID/FILE", "/images/DIGEST/PATH", or else a
/// loader by its bare name. Errors have the code ENOENT where there is no such thing.
base::Result<BootFile> open_by_path(Site& site, std::string_view path, const Asker& asker);

/// A transfer of a boot file as an event: whole when `reason` is empty. `protocol` is http or tftp.
base::Event transfer_event(const Site& site, const BootFile& file, const std::string& peer, std::string_view protocol);

}  // namespace musterd::api
