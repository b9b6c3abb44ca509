#include "images/kind.hpp"

#include "images/nixos.hpp"

#include <algorithm>
#include <array>

namespace musterd::images {

namespace fs = std::filesystem;

namespace {

/// The files of a NixOS result that lie at the top of the folder.
base::Result<NixosFiles> read_nixos_files(const SourceFolder& source, const fs::path& folder) {
    NixosFiles files;
    const std::array texts{std::pair("netboot.ipxe", &files.netboot_ipxe),
                           std::pair("kernel-params", &files.kernel_params),
                           std::pair("kexec-boot", &files.kexec_boot)};
    for (const auto& [name, text] : texts) {
        const auto is = [name = std::string_view(name)](const SourceFile& file) { return file.path == name; };
        const auto found = std::find_if(source.files.begin(), source.files.end(), is);
        if (found == source.files.end()) continue;
        auto read = base::read_file(found->location, 1U << 20U);
        if (!read) return read.error();
        *text = std::move(*read);
    }
    std::error_code no_link;
    const auto init = fs::read_symlink(folder / "init", no_link);
    if (!no_link) files.init_target = init.string();
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

}  // namespace

base::Result<void> add_kind(const SourceFolder& source, const fs::path& folder, Image& image,
                            std::vector<std::string>& notes) {
    const auto files = read_nixos_files(source, folder);
    if (!files) return files.error();
    auto arguments = nixos_arguments(*files);
    if (!arguments) return arguments.error();
    if (!*arguments) return {};
    image.kind = "nixos";
    image.args.insert(image.args.begin(), (*arguments)->begin(), (*arguments)->end());
    return check_nixos_initrd(source, image, notes);
}

}  // namespace musterd::images
