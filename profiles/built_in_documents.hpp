#pragma once

#include <string_view>

namespace musterd::profiles {

/// What built-in profiles that install answer their installers, where neither profile nor host names a file of its own.
/// Templates, as a person would write them; `musterd render HOST --what preseed` shows them filled in. Variables that
/// they look at, none of which must be set:
///
///   ssh_keys             list of lines of authorized_keys, for root
///   root_password_hash   crypt(3), as `openssl passwd -6` makes it; without it root's password is locked
///   disk                 the disk to write, as /dev/nvme0n1. Without it a machine that has more than one disk, or
///                        none, writes nothing and says so
///   packages             list of packages, besides an SSH server
///   locale, keymap, time_zone                      en_US.UTF-8, us, UTC
///   mirror, mirror_directory, http_proxy           the installer's own, /debian, none
///   kernel_args          of the installed system

/// For debian-installer of Debian 12 (its manual, B.4; templates of its udebs).
std::string_view debian_preseed();

/// For subiquity (its autoinstall reference): user-data of the live system. `mirror` is a whole URL here.
std::string_view ubuntu_autoinstall();

/// What every bf.cfg of ours begins with, also before one that a person wrote: where to install to, and for which card.
std::string_view bf_cfg_head();
/// For the installer of a BlueField's Ubuntu (bfscripts, install.sh): what follows. root_password_hash is the user
/// ubuntu's.
std::string_view bluefield_bf_cfg();

}  // namespace musterd::profiles
