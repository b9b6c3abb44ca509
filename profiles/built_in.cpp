#include "profiles/built_in.hpp"

#include <array>

namespace musterd::profiles {

namespace {

constexpr std::array table = {
    BuiltIn{"linux", Action::boot, true},        // kernel and initrds of an image, no arguments of its own
    BuiltIn{"local", Action::local, true},       // boot from the machine's own disk
    BuiltIn{"hold", Action::hold, true},         // wait until a person decides
    BuiltIn{"nixos", Action::boot, false},       //
    BuiltIn{"nixos-http", Action::boot, false},  //
    BuiltIn{"ubuntu", Action::boot, false},      //
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
