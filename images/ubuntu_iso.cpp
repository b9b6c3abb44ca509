#include "images/ubuntu_iso.hpp"

#include "images/byte_source.hpp"
#include "images/recognize.hpp"
#include "images/roles.hpp"
#include "images/unpacked_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

namespace musterd::images {

namespace {

/// Of a kernel's head: booting.rst's and boot.rst's headers, and where PE's header stands in practice.
constexpr std::size_t kernel_head = 4096;
constexpr std::size_t most_looked_at = 10'000;

struct KnownPlace {
    std::string_view kind;
    std::string_view kernel;
    std::string_view initrd;
};

/// casper's live ISOs; debian-cd's installers ("install.amd" and so on, tools/boot/*/boot-*).
constexpr std::array known_places = {
    KnownPlace{"ubuntu", "casper/vmlinuz", "casper/initrd"},
    KnownPlace{"debian", "install.amd/vmlinuz", "install.amd/initrd.gz"},
    KnownPlace{"debian", "install.a64/vmlinuz", "install.a64/initrd.gz"},
    KnownPlace{"debian", "install.386/vmlinuz", "install.386/initrd.gz"},
};

/// A little is enough of what is not compressed.
base::Result<Recognized> look_at(const IsoFile& file, const ReadIsoHead& read) {
    auto head = read(file, kernel_head);
    if (!head) return head.error();
    if (compression_of(*head) == Compression::none) return recognize(*head);
    head = read(file, recognize_bytes);
    if (!head) return head.error();
    return recognize(*head);
}

base::Result<Recognized> look_for(Role role, const IsoFile& file, const ReadIsoHead& read) {
    if (!file.problem.empty()) return base::Error(fmt::format("/{} cannot be served: {}", file.path, file.problem));
    auto seen = look_at(file, read);
    if (!seen || seen->role == role) return seen;
    return base::Error(fmt::format("/{} is no {}: {}; {}", file.path, role == Role::kernel ? "kernel" : "initrd",
                                   seen->format, what_is_recognized()));
}

base::Result<BootableIso> at_known_place(const KnownPlace& place, const IsoFile& kernel, const IsoFile& initrd,
                                         const ReadIsoHead& read) {
    const auto seen = look_for(Role::kernel, kernel, read);
    if (!seen) return seen.error();
    const auto seen_initrd = look_for(Role::initrd, initrd, read);
    if (!seen_initrd) return seen_initrd.error();
    return BootableIso{std::string(place.kind),           seen->arch, kernel.path, {initrd.path},
                       seen->packed != Compression::none, {},         {}};
}

std::string looked_for() {
    std::string text;
    for (const auto& place : known_places) {
        text += fmt::format("/{} with /{} ({}), ", place.kernel, place.initrd, place.kind);
    }
    return text + "or one kernel and one initrd anywhere";
}

/// Every kernel and initrd of the image; files that share their bytes (hard links) count once.
base::Result<std::vector<Candidate>> candidates(const IsoIndex& index, const ReadIsoHead& read) {
    std::vector<Candidate> found;
    std::unordered_set<std::uint64_t> looked_at;
    for (const auto& file : index.files) {
        if (!file.problem.empty() || file.extents.empty()) continue;
        if (!looked_at.insert(file.extents.front().offset).second) continue;
        auto seen = look_at(file, read);
        if (!seen) return seen.error();
        if (seen->role == Role::kernel || seen->role == Role::initrd) found.push_back({file.path, std::move(*seen)});
    }
    return found;
}

base::Result<BootableIso> anywhere(const IsoIndex& index, const ReadIsoHead& read) {
    const auto refused = [&index](std::string_view why) {
        const auto* udf = index.udf ? "; its UDF part, which may hold more, is not read" : "";
        return base::Error(
            fmt::format("nothing to boot found in the ISO \"{}\" ({} files): {}; looked for {}{}; to boot it as "
                        "it is, import it with --disk",
                        index.volume_id, index.files.size(), why, looked_for(), udf));
    };
    if (index.files.size() > most_looked_at) return refused("too many files to look into each");
    const auto found = candidates(index, read);
    if (!found) return found.error();
    const bool has_kernel = std::any_of(found->begin(), found->end(), [](const Candidate& candidate) {
        return candidate.recognized.role == Role::kernel;
    });
    if (!has_kernel) return refused("no kernel");
    auto roles = choose_roles(*found);
    if (!roles) return refused(roles.error().message());
    if (roles->initrds.size() != 1) return refused(fmt::format("{} initrds", roles->initrds.size()));
    const bool kernel_packed = roles->kernel_packed != Compression::none;
    return BootableIso{"linux", roles->arch, roles->kernel, roles->initrds, kernel_packed, {}, {}};
}

std::vector<std::string> casper_layers(const IsoIndex& index) {
    constexpr std::string_view folder = "casper/";
    std::vector<std::string> layers;
    for (const auto& file : index.files) {
        const bool in_folder = file.path.starts_with(folder) && file.path.find('/', folder.size()) == std::string::npos;
        if (in_folder && file.path.ends_with(".squashfs")) layers.push_back(file.path);
    }
    return layers;
}

base::Result<BootableIso> find_boot_files(const IsoIndex& index, const ReadIsoHead& read) {
    for (const auto& place : known_places) {
        const auto* kernel = index.file(place.kernel);
        const auto* initrd = index.file(place.initrd);
        if (kernel != nullptr && initrd != nullptr) return at_known_place(place, *kernel, *initrd, read);
    }
    return anywhere(index, read);
}

}  // namespace

ReadIsoHead head_reader(const ByteSource& source) {
    return [&source](const IsoFile& file, std::size_t count) -> base::Result<base::Bytes> {
        if (file.extents.empty()) return base::Bytes{};
        const auto& extent = file.extents.front();
        return read_bytes(source, extent.offset, std::min<std::uint64_t>(extent.length, count));
    };
}

base::Result<BootableIso> bootable_iso(const IsoIndex& index, const ReadIsoHead& read) {
    auto found = find_boot_files(index, read);
    if (!found) return found;
    found->volume_id = index.volume_id;
    found->layers = casper_layers(index);
    return found;
}

}  // namespace musterd::images
