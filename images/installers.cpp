#include "images/installers.hpp"

#include "images/image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace musterd::images {

namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at < text.size();) {
        const auto start = text.find_first_not_of(separators, at);
        if (start == std::string_view::npos) break;
        at = std::min(text.find_first_of(separators, start), text.size());
        words.push_back(text.substr(start, at - start));
    }
    return words;
}

/// casper's scripts/casper matches `url=*.iso|iso-url=*.iso`.
bool names_iso(std::string_view word) {
    return (word.starts_with("iso-url=") || word.starts_with("url=")) && word.ends_with(".iso");
}

/// The words of the first line that boots with an ISO: GRUB's `linux FILE …`, PXELINUX's `APPEND …`. What stands behind
/// "---" is for the installed system.
std::vector<std::string> iso_line(std::string_view menus) {
    for (const auto line : split(menus, "\n")) {
        const auto words = split(line, " \t\r");
        if (std::none_of(words.begin(), words.end(), names_iso)) continue;
        const bool grub = words.front().starts_with("linux");
        std::vector<std::string> args;
        for (std::size_t i = grub ? 2 : 1; i < words.size() && words[i] != "---"; ++i) {
            if (!words[i].starts_with("initrd=") && is_argument(words[i])) args.emplace_back(words[i]);
        }
        return args;
    }
    return {};
}

std::optional<Installer> ubuntu(const InstallerFiles& files) {
    auto args = iso_line(files.menus);
    const auto url = std::find_if(args.begin(), args.end(), names_iso);
    if (url == args.end()) return std::nullopt;
    auto note = fmt::format(
        "its initrd fetches {}: to serve the ISO from here, import it too, and say in the profile "
        "iso-url=http://SERVER:PORT/images/DIGEST/FILE.iso",
        url->substr(url->find('=') + 1));
    return Installer{"ubuntu-netboot", "Ubuntu's netboot installer", std::move(args), std::move(note)};
}

}  // namespace

std::optional<Installer> find_installer(const InstallerFiles& files) {
    constexpr std::string_view debian_folder = "debian-installer/";
    const bool debian = files.version_info.find("Installer build") != std::string::npos ||
                        files.menus.find(debian_folder) != std::string::npos ||
                        files.kernel.find(debian_folder) != std::string::npos;
    if (debian) return Installer{"debian", "Debian's netboot installer", {}, {}};
    return ubuntu(files);
}

}  // namespace musterd::images
