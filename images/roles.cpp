#include "images/roles.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace musterd::images {

namespace {

constexpr std::array<std::string_view, 5> kernel_names = {"vmlinuz", "linux", "bzImage", "Image", "kernel"};

bool has_kernel_name(const Candidate& candidate) {
    const std::string_view path = candidate.path;
    const auto name = path.substr(path.rfind('/') + 1);
    return std::find(kernel_names.begin(), kernel_names.end(), name) != kernel_names.end();
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
    std::vector<Candidate> kernels;
    std::vector<Candidate> named;
    for (const auto& candidate : candidates) {
        if (candidate.recognized.role != Role::kernel) continue;
        kernels.push_back(candidate);
        if (has_kernel_name(candidate)) named.push_back(candidate);
    }
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

}  // namespace

base::Result<Roles> choose_roles(const std::vector<Candidate>& candidates) {
    const auto kernel = choose_kernel(candidates);
    if (!kernel) return kernel.error();
    Roles roles{kernel->path, kernel->recognized.arch, {}, {}};
    for (const auto& [path, recognized] : candidates) {
        if (recognized.role == Role::initrd) roles.initrds.push_back(path);
    }
    if (roles.initrds.empty()) roles.notes.emplace_back("no initrd in it: the kernel must bring its own root");
    return roles;
}

}  // namespace musterd::images
