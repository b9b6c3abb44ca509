#include "profiles/built_in.hpp"

#include "profiles/built_in_documents.hpp"

#include <fmt/format.h>

#include <array>

namespace musterd::profiles {

namespace {

// The host's name and machine id, whatever the image was built with: systemd takes it before /etc/hostname. A stage 1
// that fails ends in a reboot after 30 s, and so in another try, instead of a prompt that nobody sees (NixOS manual,
// boot.panic_on_fail).
constexpr std::array nixos_args = {BuiltInArgument{"systemd.hostname={{host.name}}"},
                                   BuiltInArgument{"systemd.machine_id={{host.machine_id}}"},
                                   BuiltInArgument{"panic=30"}, BuiltInArgument{"boot.panic_on_fail"}};

// Ubuntu, and what has its initrd: the root comes by HTTP into RAM, and cloud-init makes the machine the host.
//   root=squash:     cloud-initramfs-rooturl (http only), or dracut with it; overlayroot=tmpfs makes it writable. With
//                    "ro" beside it the machine stays read-only where its fstab has no line for / (tried)
//   url=             casper; it must end in ".iso", and is nothing for cloud-init, which would take it for its own
//                    configuration (cloud-config-url=/dev/null)
//   ip=dhcp          by the interface of BOOTIF= (initramfs-tools, configure_networking)
//   panic=           of initramfs-tools too: a reboot, and so another try, instead of a shell that nobody sees
//   ds=              by the name of today; without dsmode=net, cloud-init before 23.4 reads the seed and leaves it
//                    unused (tried with 22.4: "datasource in local mode"), unless it is called nocloud-net
constexpr std::array ubuntu_args = {
    BuiltInArgument{"root=squash:{{boot.url}}/root", RootForm::squashfs},
    BuiltInArgument{"overlayroot=tmpfs", RootForm::squashfs},
    BuiltInArgument{"overlayroot_cfgdisk=disabled", RootForm::squashfs},
    BuiltInArgument{"boot=casper", RootForm::iso},
    BuiltInArgument{"url={{boot.url}}/root.iso", RootForm::iso},
    BuiltInArgument{"cloud-config-url=/dev/null", RootForm::iso},
    BuiltInArgument{"ip=dhcp"},
    BuiltInArgument{"ds=nocloud;dsmode=net;s={{boot.url}}/seed/"},
    BuiltInArgument{"systemd.hostname={{host.name}}"},
    BuiltInArgument{"systemd.machine_id={{host.machine_id}}"},
    BuiltInArgument{"panic=30"},
};

// Debian's installer by its netboot image: preseed/README and auto-install.sh of debian-installer, netcfg's templates.
//   auto=true        asks for language and keyboard only after the network is there, and the preseed with it
//   priority=        nothing is asked that has a default
//   interface=auto   and so by BOOTIF=, where there are several (netcfg, find_bootif_iface)
//   netcfg/hostname  goes before the name that DHCP gives
//   link_wait, dhcp  a switch with spanning tree forwards nothing for half a minute
constexpr std::array debian_install_args = {
    BuiltInArgument{"auto=true"},
    BuiltInArgument{"priority=critical"},
    BuiltInArgument{"url={{boot.url}}/seed/preseed"},
    BuiltInArgument{"interface=auto"},
    BuiltInArgument{"netcfg/hostname={{host.name}}"},
    BuiltInArgument{"netcfg/link_wait_timeout=45"},
    BuiltInArgument{"netcfg/dhcp_timeout=60"},
    BuiltInArgument{"panic=30"},
};

// Ubuntu's installer by its ISO, which casper fetches (scripts/casper), or by its netboot archive, which names an ISO
// itself. Without the bare word it asks before it writes (subiquity, autoinstall reference).
constexpr std::array ubuntu_install_args = {
    BuiltInArgument{"boot=casper", RootForm::iso},
    BuiltInArgument{"url={{boot.url}}/root.iso", RootForm::iso},
    BuiltInArgument{"cloud-config-url=/dev/null"},
    BuiltInArgument{"ip=dhcp"},
    BuiltInArgument{"autoinstall"},
    BuiltInArgument{"ds=nocloud;dsmode=net;s={{boot.url}}/seed/"},
    BuiltInArgument{"panic=30"},
};

// The store comes over HTTP in stage 1, by a unit of the image's that knows this word: the initrd stays small, and no
// cpio archive has to hold more than 4 GiB (nixpkgs#399607).
constexpr std::array nixos_http_args = {BuiltInArgument{"musterd.store={{boot.url}}/root", RootForm::squashfs},
                                        BuiltInArgument{"systemd.hostname={{host.name}}"},
                                        BuiltInArgument{"systemd.machine_id={{host.machine_id}}"},
                                        BuiltInArgument{"panic=30"}, BuiltInArgument{"boot.panic_on_fail"}};

// The kernel and initramfs of a BFB; its boot-args, with the consoles, are the image's own arguments. bf.cfg comes in
// the overlay, as a file that the installer sources: were it fetched by bfks= and that failed, the installer would go
// on with its defaults and format disks (bfscripts, bfpxe).
constexpr std::array bluefield_args = {BuiltInArgument{"bfnet=oob_net0:dhcp"}, BuiltInArgument{"panic=30"}};

constexpr std::array table = {
    BuiltIn{.name = "linux", .action = Action::boot},   // kernel and initrds, no arguments of its own
    BuiltIn{.name = "local", .action = Action::local},  // boot from the machine's own disk
    BuiltIn{.name = "hold", .action = Action::hold},    // wait until a person decides
    // A NixOS that runs in RAM: its netboot result as image.
    BuiltIn{.name = "nixos", .action = Action::boot, .args = nixos_args, .identity = true},
    // An Ubuntu that runs in RAM: squashfs or casper's ISO.
    BuiltIn{.name = "ubuntu", .action = Action::boot, .args = ubuntu_args, .wants_root = true, .identity = true},
    // The same with its store beside the initrd: config.system.build.squashfsStore in the image's folder.
    BuiltIn{
        .name = "nixos-http", .action = Action::boot, .args = nixos_http_args, .wants_root = true, .identity = true},
    // Ubuntu on the machine's disk, once: the live server's ISO or its netboot archive as image.
    BuiltIn{.name = "ubuntu-install",
            .action = Action::boot,
            .args = ubuntu_install_args,
            .identity = true,
            .installs = true,
            .document_key = "autoinstall",
            .document = &ubuntu_autoinstall},
    // Debian on the machine's disk, once: its netboot installer as image.
    BuiltIn{.name = "debian-install",
            .action = Action::boot,
            .args = debian_install_args,
            .identity = true,
            .installs = true,
            .document_key = "preseed",
            .document = &debian_preseed},
    // A BlueField's Ubuntu on the card's eMMC, once: a BFB as image.
    BuiltIn{.name = "bluefield",
            .action = Action::boot,
            .args = bluefield_args,
            .identity = true,
            .installs = true,
            .document_key = "bf_cfg",
            .document = &bluefield_bf_cfg},
};

}  // namespace

std::string_view to_string(Action action) {
    switch (action) {
        case Action::boot:
            return "boot";
        case Action::local:
            return "local";
        case Action::hold:
            return "hold";
    }
    return "?";
}

SeedFiles standard_documents(const BuiltIn& standard) {
    SeedFiles seed;
    for (const auto& each : single_documents) {
        if (each.key != standard.document_key) continue;
        const auto name = fmt::format("(built-in {} of {})", each.key, standard.name);
        seed.*each.part = std::make_shared<const SeedFile>(standard_document(name, standard.document()));
    }
    return seed;
}

std::span<const BuiltIn> built_in_profiles() {
    return table;
}

const BuiltIn* built_in(std::string_view name) {
    for (const auto& each : table) {
        if (each.name == name) return &each;
    }
    return nullptr;
}

}  // namespace musterd::profiles
