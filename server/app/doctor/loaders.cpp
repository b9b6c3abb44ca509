#include "server/app/doctor/loaders.hpp"

#include "dhcp/architecture.hpp"
#include "images/digest.hpp"
#include "server/base/fd.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace musterd::app::doctor {

namespace {

constexpr std::size_t digest_width = 64;

struct Needed {
    Need need = Need::rare;
    std::string by;
};

/// The default loaders, and whose they are: "ARM 64-bit UEFI, ARM 64-bit UEFI HTTP".
std::map<std::string, Needed> needed_loaders() {
    constexpr std::array<std::string_view, 3> common{"bios", "x64", "arm64"};
    std::map<std::string, Needed> needed;
    for (const auto& row : dhcp::architecture_table()) {
        if (row.loader.empty()) continue;
        auto& [need, by] = needed[std::string(row.loader)];
        if (std::find(common.begin(), common.end(), row.family) != common.end()) need = Need::common;
        if (!by.empty()) by += ", ";
        by += row.name;
    }
    return needed;
}

LoaderSeen look_at(const std::filesystem::path& folder, const std::string& name, const std::string& digest) {
    LoaderSeen seen;
    seen.name = name;
    std::error_code code;
    seen.present = std::filesystem::is_regular_file(folder / name, code);
    seen.digest = digest.empty() ? Digest::not_listed : Digest::wrong;
    if (!seen.present) return seen;
    const auto text = base::read_file(folder / name, 256U << 20U);
    if (!text) {
        seen.digest = Digest::unreadable;
    } else if (images::sha256(base::as_bytes(*text)) == digest) {
        seen.digest = Digest::right;
    }
    return seen;
}

}  // namespace

std::map<std::string, std::string> parse_manifest(std::string_view text) {
    std::map<std::string, std::string> digests;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        // "DIGEST  NAME", or "DIGEST *NAME" for one that was read as binary.
        if (line.size() < digest_width + 3 || line[digest_width] != ' ') continue;
        if (line.find_first_not_of("0123456789abcdef") != digest_width) continue;
        digests.emplace(line.substr(digest_width + 2), line.substr(0, digest_width));
    }
    return digests;
}

LoadersSeen look_at_loaders(const std::filesystem::path& folder, const std::map<std::string, std::string>& chosen) {
    LoadersSeen seen;
    seen.folder = folder;
    std::error_code code;
    seen.exists = std::filesystem::is_directory(folder, code);
    const auto manifest = base::read_file(folder / "manifest");
    seen.manifest = manifest.has_value();
    const auto digests = manifest ? parse_manifest(*manifest) : std::map<std::string, std::string>{};
    auto needed = needed_loaders();
    for (const auto& [name, by] : chosen)
        needed.insert_or_assign(name, Needed{Need::host, by});
    auto names = digests;
    for (const auto& [name, whose] : needed)
        names.emplace(name, std::string{});
    for (const auto& [name, digest] : names) {
        auto file = look_at(folder, name, digest);
        if (const auto by = needed.find(name); by != needed.end()) {
            file.need = by->second.need;
            file.needed_by = by->second.by;
        }
        seen.files.push_back(std::move(file));
    }
    return seen;
}

}  // namespace musterd::app::doctor
