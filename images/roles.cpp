#include "images/roles.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace musterd::images {

namespace {

/// boot-kernel, squashfs: as MAAS calls them.
constexpr std::array<std::string_view, 6> kernel_names = {"vmlinuz", "linux",  "bzImage",
                                                          "Image",   "kernel", "boot-kernel"};
constexpr std::array<std::string_view, 4> root_names = {"squashfs", "root.squashfs", "rootfs.squashfs",
                                                        "filesystem.squashfs"};

template <std::size_t Count>
bool has_name_of(const std::array<std::string_view, Count>& names, std::string_view path) {
    return std::find(names.begin(), names.end(), path.substr(path.rfind('/') + 1)) != names.end();
}

template <typename Wanted>
std::vector<Candidate> those(const std::vector<Candidate>& candidates, Wanted wanted) {
    std::vector<Candidate> chosen;
    std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(chosen), wanted);
    return chosen;
}

/// "initrd.gz (gzip, cpio archive inside), README (unknown) and 12 more"
std::string listed(const std::vector<Candidate>& candidates) {
    constexpr std::size_t shown = 8;
    std::vector<std::string> texts;
    for (const auto& [path, recognized] : candidates) {
        if (texts.size() == shown) break;
        texts.push_back(fmt::format("{} ({})", path, recognized.format));
    }
    const auto rest = candidates.size() - texts.size();
    return fmt::format("{}{}", fmt::join(texts, ", "), rest > 0 ? fmt::format(" and {} more", rest) : "");
}

base::Result<Candidate> choose_kernel(const std::vector<Candidate>& candidates) {
    auto kernels = those(candidates, [](const auto& each) { return each.recognized.role == Role::kernel; });
    const auto ready = those(kernels, [](const auto& each) { return each.recognized.packed == Compression::none; });
    if (!ready.empty()) kernels = ready;
    const auto named = those(kernels, [](const auto& each) { return has_name_of(kernel_names, each.path); });
    if (kernels.size() == 1) return kernels.front();
    if (named.size() == 1) return named.front();
    if (candidates.empty()) return base::Error(fmt::format("no files in it; {}", what_is_recognized()));
    if (kernels.empty()) {
        return base::Error(fmt::format("no kernel in it: found {}; {}", listed(candidates), what_is_recognized()));
    }
    const auto* or_rename = named.empty() ? ", or call the one to boot \"vmlinuz\"" : "";
    return base::Error(fmt::format("{} kernels in it: {}; import a folder with one of them{}", kernels.size(),
                                   listed(kernels), or_rename));
}

void choose_root(const std::vector<Candidate>& candidates, Roles& roles) {
    const auto roots = those(candidates, [](const auto& each) { return each.recognized.role == Role::root; });
    const auto named = those(roots, [](const auto& each) { return has_name_of(root_names, each.path); });
    if (roots.size() == 1) roles.root = roots.front().path;
    if (roots.size() > 1 && named.size() == 1) roles.root = named.front().path;
    if (roots.empty() || !roles.root.empty()) return;
    roles.notes.push_back(fmt::format("{} squashfs in it, so none of them is the root: {}; call the root root.squashfs",
                                      roots.size(), listed(roots)));
}

}  // namespace

base::Result<Roles> choose_roles(const std::vector<Candidate>& candidates) {
    const auto kernel = choose_kernel(candidates);
    if (!kernel) return kernel.error();
    Roles roles{kernel->path, kernel->recognized.arch, {}, {}, {}, kernel->recognized.packed};
    for (const auto& [path, recognized] : candidates) {
        if (recognized.role == Role::initrd) roles.initrds.push_back(path);
    }
    choose_root(candidates, roles);
    if (roles.initrds.empty()) roles.notes.emplace_back("no initrd in it: the kernel must bring its own root");
    return roles;
}

}  // namespace musterd::images
