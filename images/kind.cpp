#include "images/kind.hpp"

#include "images/installers.hpp"
#include "images/nixos.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace musterd::images {

namespace {

constexpr std::size_t most_text = 1U << 20U;

const SourceFile* find_file(const SourceFolder& source, std::string_view path) {
    const auto is = [path](const SourceFile& file) { return file.path == path; };
    const auto found = std::find_if(source.files.begin(), source.files.end(), is);
    return found == source.files.end() ? nullptr : &*found;
}

/// The text of a file; empty when it is not there.
base::Result<std::string> read_text(const SourceFolder& source, std::string_view path) {
    const auto* file = find_file(source, path);
    if (file == nullptr) return std::string();
    return base::read_file(file->location, most_text);
}

/// The files of a NixOS result that lie at the top of the folder.
base::Result<NixosFiles> read_nixos_files(const SourceFolder& source) {
    NixosFiles files;
    const std::array texts{std::pair("netboot.ipxe", &files.netboot_ipxe),
                           std::pair("kernel-params", &files.kernel_params),
                           std::pair("kexec-boot", &files.kexec_boot)};
    for (const auto& [name, text] : texts) {
        auto read = read_text(source, name);
        if (!read) return read.error();
        *text = std::move(*read);
    }
    if (const auto init = source.links.find("init"); init != source.links.end()) files.init_target = init->second;
    return files;
}

base::Result<void> check_nixos_initrd(const SourceFolder& source, Image& image, std::vector<std::string>& notes) {
    const auto is_store = [](const SourceFile& file) { return file.path.ends_with(".squashfs"); };
    const bool store_beside = std::any_of(source.files.begin(), source.files.end(), is_store);
    std::uint64_t size = 0;
    for (const auto& file : source.files) {
        const auto& initrds = image.initrds;
        if (std::find(initrds.begin(), initrds.end(), file.path) != initrds.end()) size += file.stamp.size;
    }
    const auto problem = problem_of_nixos_initrd(size, store_beside);
    if (!problem.empty()) return base::Error(problem);
    if (auto note = note_on_nixos_initrd(size); !note.empty()) notes.push_back(std::move(note));
    return {};
}

/// True when it is NixOS.
base::Result<bool> add_nixos(const SourceFolder& source, Image& image, std::vector<std::string>& notes) {
    const auto files = read_nixos_files(source);
    if (!files) return files.error();
    const auto arguments = nixos_arguments(*files);
    if (!arguments) return arguments.error();
    if (!*arguments) return false;
    image.kind = "nixos";
    image.args.insert(image.args.begin(), (*arguments)->begin(), (*arguments)->end());
    if (const auto fits = check_nixos_initrd(source, image, notes); !fits) return fits.error();
    return true;
}

base::Result<InstallerFiles> read_installer_files(const SourceFolder& source, const Image& image) {
    const auto folder = image.kernel.substr(0, image.kernel.rfind('/') + 1);
    InstallerFiles files{image.kernel, {}, {}};
    auto version = read_text(source, "version.info");
    if (!version) return version.error();
    files.version_info = std::move(*version);
    for (const auto* name : {"grub/grub.cfg", "pxelinux.cfg/default", "boot-screens/txt.cfg"}) {
        const auto text = read_text(source, folder + name);
        if (!text) return text.error();
        files.menus += *text + "\n";
    }
    return files;
}

base::Result<void> add_installer(const SourceFolder& source, Image& image, std::vector<std::string>& notes) {
    const auto files = read_installer_files(source, image);
    if (!files) return files.error();
    const auto installer = find_installer(*files);
    if (!installer) return {};
    if (image.initrds.empty())
        return base::Error(fmt::format("it looks like {}, but it has no initrd", installer->what));
    image.kind = installer->kind;
    image.args.insert(image.args.begin(), installer->args.begin(), installer->args.end());
    if (!installer->note.empty()) notes.push_back(installer->note);
    return {};
}

}  // namespace

base::Result<void> add_kind(const SourceFolder& source, Image& image, std::vector<std::string>& notes) {
    const auto nixos = add_nixos(source, image, notes);
    if (!nixos) return nixos.error();
    return *nixos ? base::Result<void>() : add_installer(source, image, notes);
}

}  // namespace musterd::images
