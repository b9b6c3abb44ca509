#include "server/app/choose_loader.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace musterd::app {

namespace {

using dhcp::ClientKind;
using profiles::SecureBoot;

using ByFamily = std::pair<std::string_view, std::string_view>;

// Debian's shims, signed by Microsoft; each loads the GRUB beside it (deploy/loaders).
constexpr std::array shims{ByFamily{"x64", "shimx64.efi"}, ByFamily{"arm64", "shimaa64.efi"}};

// What iPXE can be replaced by. Of BIOS builds only the one with drivers of its own: undionly.kpxe, started by an iPXE
// ROM, finds the card's UNDI gone (danderson/netboot 029be8d).
constexpr std::array chain_loaders{ByFamily{"bios", "ipxe.pxe"}, ByFamily{"x64", "snponly.efi"},
                                   ByFamily{"arm64", "grubaa64-musterd.efi"}};

template <std::size_t Count>
std::string of_family(const std::array<ByFamily, Count>& table, std::string_view family) {
    for (const auto& [name, file] : table) {
        if (name == family) return std::string(file);
    }
    return {};
}

std::string missing(const LoaderQuestion& question, const std::string& file) {
    return fmt::format("the loader {} is not in {}: make it with deploy/loaders {}", file, question.loaders,
                       question.loaders);
}

/// "auto" takes shim where nothing can go wrong by it: the kernel is signed, and GRUB finds us by our own lease.
bool wants_shim(const LoaderQuestion& question) {
    const auto choice = question.firmware.secure_boot.value_or(SecureBoot::automatic);
    if (choice != SecureBoot::automatic) return choice == SecureBoot::on;
    const bool leased = question.choice.host != nullptr && question.choice.host->lease;
    return leased && question.client.kind == ClientKind::uefi_pxe && question.kernel_is_signed();
}

std::string chosen_by_person(const LoaderQuestion& question, std::string_view family) {
    const auto found = question.firmware.loaders.find(family);
    return found == question.firmware.loaders.end() ? std::string{} : found->second;
}

LoaderAnswer for_ipxe(const LoaderQuestion& question, std::string_view family) {
    const bool wanted =
        question.firmware.ipxe == profiles::IpxeStart::chain || (!question.client.ipxe_http && !family.empty());
    if (!wanted || question.chained) return {};
    auto file = chosen_by_person(question, family);
    if (file.empty()) file = of_family(chain_loaders, family);
    // An iPXE that can do little is better than none.
    if (file.empty() || !question.has_loader(file)) return {};
    return {std::move(file), true, {}};
}

LoaderAnswer for_firmware(const LoaderQuestion& question, const dhcp::ArchitectureRow& row) {
    auto file = chosen_by_person(question, row.family);
    const bool http_boot = question.client.kind == ClientKind::http_boot;
    if (file.empty() && http_boot && question.disk) {
        if (auto disk = question.disk(); !disk.empty()) return {{}, false, {}, std::move(disk)};
    }
    if (file.empty() && wants_shim(question)) {
        if (http_boot) {
            return {
                {},
                false,
                "secure_boot is \"on\" and it asks by HTTP Boot, after which Debian's signed GRUB finds no server: let "
                "the firmware boot by PXE"};
        }
        file = of_family(shims, row.family);
    }
    if (file.empty()) file = row.loader;
    if (file.empty() || question.has_loader(file)) return {std::move(file), false, {}};
    return {{}, false, missing(question, file)};
}

}  // namespace

LoaderAnswer choose_loader(const LoaderQuestion& question) {
    const auto way = question.firmware.local_boot.value_or(profiles::LocalBoot::automatic);
    const auto* plan = question.choice.plan;
    if (plan != nullptr && plan->action == profiles::Action::local && way == profiles::LocalBoot::silence)
        return {{}, false, "it boots from its own disk (local_boot is \"none\")"};
    const auto* row = question.client.architecture ? dhcp::find_architecture(*question.client.architecture) : nullptr;
    if (question.client.kind == ClientKind::ipxe) return for_ipxe(question, row == nullptr ? "" : row->family);
    return row == nullptr ? LoaderAnswer{} : for_firmware(question, *row);
}

}  // namespace musterd::app
