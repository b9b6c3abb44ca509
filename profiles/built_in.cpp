#include "profiles/built_in.hpp"

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

constexpr std::array table = {
    BuiltIn{"linux", Action::boot, true},   // kernel and initrds of an image, no arguments of its own
    BuiltIn{"local", Action::local, true},  // boot from the machine's own disk
    BuiltIn{"hold", Action::hold, true},    // wait until a person decides
    BuiltIn{"nixos", Action::boot, true, nixos_args, false,
            true},  // a NixOS that runs in RAM: its netboot result as image
    BuiltIn{"ubuntu", Action::boot, true, ubuntu_args, true,
            true},  // an Ubuntu that runs in RAM: squashfs or casper's ISO
    BuiltIn{"nixos-http", Action::boot, false},
    BuiltIn{"ubuntu-install", Action::boot, false},
    BuiltIn{"debian-install", Action::boot, false},
    BuiltIn{"bluefield", Action::boot, false},
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
