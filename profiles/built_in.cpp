#include "profiles/built_in.hpp"

#include <array>

namespace musterd::profiles {

namespace {

// The host's name, whatever the image was built with: systemd takes it before /etc/hostname. A stage 1 that fails ends
// in a reboot after 30 s, and so in another try, instead of a prompt that nobody sees (NixOS manual,
// boot.panic_on_fail).
constexpr std::array<std::string_view, 3> nixos_args = {"systemd.hostname={{host.name}}", "panic=30",
                                                        "boot.panic_on_fail"};

constexpr std::array table = {
    BuiltIn{"linux", Action::boot, true},              // kernel and initrds of an image, no arguments of its own
    BuiltIn{"local", Action::local, true},             // boot from the machine's own disk
    BuiltIn{"hold", Action::hold, true},               // wait until a person decides
    BuiltIn{"nixos", Action::boot, true, nixos_args},  // a NixOS that runs in RAM: its netboot result as image
    BuiltIn{"nixos-http", Action::boot, false},        //
    BuiltIn{"ubuntu", Action::boot, false},            //
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
