#include "images/nixos.hpp"

#include "images/image.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::images {

namespace {

using Words = std::vector<std::string>;

constexpr std::string_view init_is = "init=";
constexpr std::uint64_t mebibyte = 1U << 20U;

Words words_of(std::string_view text) {
    Words words;
    for (std::size_t at = 0; at < text.size();) {
        const auto start = text.find_first_not_of(" \t\r\n", at);
        if (start == std::string_view::npos) break;
        at = std::min(text.find_first_of(" \t\r\n", start), text.size());
        words.emplace_back(text.substr(start, at - start));
    }
    return words;
}

/// The words behind "kernel FILE" of an iPXE script.
Words ipxe_kernel_line(std::string_view script) {
    for (std::size_t at = 0; at < script.size();) {
        const auto end = std::min(script.find('\n', at), script.size());
        auto words = words_of(script.substr(at, end - at));
        at = end + 1;
        if (words.size() < 2 || words.front() != "kernel") continue;
        words.erase(words.begin(), words.begin() + 2);
        return words;
    }
    return {};
}

/// What stands between the quotes of --command-line "…" in kexec-boot.
Words kexec_command_line(std::string_view script) {
    constexpr std::string_view option = "--command-line \"";
    const auto start = script.find(option);
    if (start == std::string_view::npos) return {};
    script.remove_prefix(start + option.size());
    return words_of(script.substr(0, script.find('"')));
}

Words written_line(const NixosFiles& files) {
    if (!files.netboot_ipxe.empty()) return ipxe_kernel_line(files.netboot_ipxe);
    if (!files.init_target.empty()) {
        auto words = words_of(files.kernel_params);
        words.insert(words.begin(), std::string(init_is) + files.init_target);
        return words;
    }
    return kexec_command_line(files.kexec_boot);
}

bool is_store_init(std::string_view path) {
    constexpr std::string_view store = "/nix/store/";
    constexpr std::size_t hash = 32;
    if (!path.starts_with(store) || !path.ends_with("/init")) return false;
    path.remove_prefix(store.size());
    const auto in_hash = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return path.size() > hash && path[hash] == '-' && std::all_of(path.begin(), path.begin() + hash, in_hash);
}

}  // namespace

base::Result<std::optional<Words>> nixos_arguments(const NixosFiles& files) {
    auto words = written_line(files);
    std::erase_if(words, [](const std::string& word) {
        return word.starts_with("initrd=") || word.find("${") != std::string::npos || word == "||";
    });
    const auto is_init = [](const std::string& word) { return word.starts_with(init_is); };
    const auto inits = std::count_if(words.begin(), words.end(), is_init);
    const bool by_files = !files.init_target.empty() || !files.kexec_boot.empty();
    if (inits == 0 && !by_files) return std::optional<Words>();
    const auto init = std::find_if(words.begin(), words.end(), is_init);
    if (inits != 1 || !is_store_init(std::string_view(*init).substr(init_is.size()))) {
        return base::Error(
            fmt::format("it looks like a NixOS result, but its kernel line has {}: one init=/nix/store/…/init is "
                        "needed; import the result of config.system.build.netbootRamdisk, kernel and netbootIpxeScript",
                        inits == 0  ? "no init="
                        : inits > 1 ? "more than one init="
                                    : *init));
    }
    std::rotate(words.begin(), init, init + 1);
    const auto bad = std::find_if_not(words.begin(), words.end(), is_argument);
    if (bad != words.end()) return base::Error(fmt::format("the kernel argument \"{}\" is not text", *bad));
    return std::optional<Words>(std::move(words));
}

std::string problem_of_nixos_initrd(std::uint64_t size, bool store_beside) {
    if (size >= 4096 * mebibyte)
        return "its initrd has 4 GiB or more, which a cpio archive cannot hold: serve the store by HTTP instead "
               "(config.system.build.squashfsStore)";
    if (size >= 50 * mebibyte || store_beside) return {};
    return fmt::format(
        "its initrd has only {:.1f} MiB, so the Nix store is not in it: import netbootRamdisk, not the "
        "system's own initrd; a store over 4 GiB is left out by nixpkgs without a word",
        static_cast<double>(size) / static_cast<double>(mebibyte));
}

std::string note_on_nixos_initrd(std::uint64_t size) {
    if (size < 2048 * mebibyte) return {};
    return "its initrd has more than 2 GiB: BIOS machines cannot load it, and damaged stores were reported of such "
           "(nixpkgs#203593); serving the store by HTTP is safer";
}

}  // namespace musterd::images
