#include "server/app/choose_loader.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace musterd;
using namespace musterd::app;
using dhcp::Architecture;
using dhcp::ClientKind;
using profiles::SecureBoot;

namespace {

/// A question about a host that boots an image, with every loader there.
struct Case {
    ClientKind kind = ClientKind::uefi_pxe;
    Architecture architecture = Architecture::x64_uefi;
    bool ipxe_http = true;
    profiles::FirmwareChoices firmware;
    profiles::Action action = profiles::Action::boot;
    bool leased = false;
    bool is_signed = false;
    bool chained = false;
    std::set<std::string> missing;
    std::string disk = {};

    [[nodiscard]] LoaderAnswer ask() const {
        dhcp::Client client;
        client.kind = kind;
        client.architecture = architecture;
        client.ipxe_http = ipxe_http;
        profiles::Plan plan;
        plan.action = action;
        profiles::Host host;
        if (leased) host.lease = profiles::Lease{};
        return choose_loader({client,
                              {&host, &plan, {}},
                              firmware,
                              chained,
                              [this] { return is_signed; },
                              [this](const std::string& file) { return !missing.contains(file); },
                              "/loaders",
                              [this] { return disk; }});
    }
};

Case with(SecureBoot secure_boot) {
    Case made;
    made.firmware.secure_boot = secure_boot;
    return made;
}

}  // namespace

TEST_CASE("firmware gets its architecture's loader, if that is there") {
    CHECK(Case{}.ask().file == "snponly.efi");
    CHECK(Case{ClientKind::pxe_rom, Architecture::x86_bios}.ask().file == "undionly.kpxe");
    CHECK(Case{ClientKind::uboot, Architecture::arm_64_uboot}.ask().file == "grubaa64-musterd.efi");
    CHECK(Case{ClientKind::uefi_pxe, Architecture::itanium}.ask().file.empty());
    Case gone;
    gone.missing = {"snponly.efi"};
    CHECK(gone.ask().file.empty());
    CHECK(gone.ask().why_not == "the loader snponly.efi is not in /loaders: make it with deploy/loaders /loaders");
}

TEST_CASE("a person's choice of a loader goes before all others, for its family only") {
    auto own = with(SecureBoot::on);
    own.firmware.loaders = {{"x64", "own.efi"}};
    CHECK(own.ask().file == "own.efi");
    own.architecture = Architecture::arm_64_uefi;
    CHECK(own.ask().file == "shimaa64.efi");
}

TEST_CASE("HTTP Boot takes a disk without a loader, unless a person has chosen one; PXE has its loader all the same") {
    auto iso = with(SecureBoot::on);
    iso.disk = ".iso";
    iso.kind = ClientKind::http_boot;
    iso.architecture = Architecture::x64_uefi_http;
    CHECK(iso.ask().disk == ".iso");
    CHECK(iso.ask().why_not.empty());
    iso.firmware.loaders = {{"x64", "own.efi"}};
    CHECK(iso.ask().file == "own.efi");
    CHECK(iso.ask().disk.empty());
    iso = Case{};
    iso.disk = ".iso";
    CHECK(iso.ask().file == "snponly.efi");
    CHECK(iso.ask().disk.empty());
}

TEST_CASE("Secure Boot takes shim where it is asked for, and by itself only where nothing can go wrong") {
    CHECK(with(SecureBoot::on).ask().file == "shimx64.efi");
    CHECK(with(SecureBoot::off).ask().file == "snponly.efi");
    struct {
        bool leased;
        bool is_signed;
        bool shim;
    } const rows[] = {{true, true, true}, {true, false, false}, {false, true, false}, {false, false, false}};
    for (const auto& row : rows) {
        auto automatic = with(SecureBoot::automatic);
        automatic.leased = row.leased;
        automatic.is_signed = row.is_signed;
        CHECK(automatic.ask().file == (row.shim ? "shimx64.efi" : "snponly.efi"));
        automatic.firmware.secure_boot.reset();
        CHECK(automatic.ask().file == (row.shim ? "shimx64.efi" : "snponly.efi"));
        automatic.firmware.secure_boot = SecureBoot::off;
        CHECK(automatic.ask().file == "snponly.efi");
    }
}

TEST_CASE("Secure Boot by HTTP Boot leads nowhere with Debian's GRUB, and is said to; BIOS has none") {
    auto http = with(SecureBoot::on);
    http.kind = ClientKind::http_boot;
    http.architecture = Architecture::x64_uefi_http;
    CHECK(http.ask().file.empty());
    CHECK(http.ask().why_not.find("boot by PXE") != std::string::npos);
    http.firmware.secure_boot = SecureBoot::automatic;
    http.leased = http.is_signed = true;
    CHECK(http.ask().file == "snponly.efi");
    auto bios = with(SecureBoot::on);
    bios.kind = ClientKind::pxe_rom;
    bios.architecture = Architecture::x86_bios;
    CHECK(bios.ask().file == "undionly.kpxe");
}

TEST_CASE("iPXE gets its script; one without HTTP, or by a person's wish, gets our iPXE before it") {
    Case ipxe{ClientKind::ipxe, Architecture::x86_bios};
    CHECK(ipxe.ask().file.empty());
    CHECK(ipxe.ask().why_not.empty());
    ipxe.ipxe_http = false;
    CHECK(ipxe.ask().file == "ipxe.pxe");
    CHECK(ipxe.ask().chain);
    ipxe.chained = true;
    CHECK(ipxe.ask().file.empty());
    ipxe.chained = false;
    ipxe.missing = {"ipxe.pxe"};
    CHECK(ipxe.ask().file.empty());
    CHECK(ipxe.ask().why_not.empty());

    Case wished{ClientKind::ipxe, Architecture::x64_uefi};
    wished.firmware.ipxe = profiles::IpxeStart::chain;
    CHECK(wished.ask().file == "snponly.efi");
    wished.firmware.loaders = {{"x64", "own.efi"}};
    CHECK(wished.ask().file == "own.efi");
    wished.chained = true;
    CHECK(wished.ask().file.empty());
}

TEST_CASE("a host that is to reach its disk undisturbed is told nothing at all") {
    for (const auto kind : {ClientKind::uefi_pxe, ClientKind::ipxe, ClientKind::http_boot}) {
        Case local{kind};
        local.action = profiles::Action::local;
        CHECK(local.ask().why_not.empty());
        local.firmware.local_boot = profiles::LocalBoot::silence;
        CHECK(local.ask().why_not == "it boots from its own disk (local_boot is \"none\")");
        local.action = profiles::Action::boot;
        CHECK(local.ask().why_not.empty());
    }
}
