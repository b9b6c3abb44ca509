#include "server/api/grub_script.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace musterd::api {

namespace {

/// One word to GRUB whatever is in it: nothing is special between single quotes, and a quote goes between two pairs.
std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c == '\n' || c == '\r' ? ' ' : c;
        }
    }
    return out + "'";
}

/// GRUB hands a word with blanks to the kernel in double quotes and puts a backslash before quotes and backslashes,
/// which the kernel does not take off again (grub-core/lib/cmdline.c). So words are cut as the kernel cuts them, at
/// blanks outside double quotes, and lose those quotes.
base::Result<std::vector<std::string>> kernel_words(std::string_view line) {
    if (line.find_first_of("'\\\n\r") != std::string_view::npos)
        return base::Error(
            fmt::format("GRUB cannot hand a kernel argument with a quote, backslash or line break on: {}", line));
    std::vector<std::string> words;
    std::string word;
    bool within = false;
    for (const char c : line) {
        if (c == '"') {
            within = !within;
        } else if (c == ' ' && !within) {
            if (!word.empty()) words.push_back(std::move(word));
            word.clear();
        } else {
            word += c;
        }
    }
    if (within) return base::Error(fmt::format("a kernel argument has a double quote without its twin: {}", line));
    if (!word.empty()) words.push_back(std::move(word));
    return words;
}

/// "http://10.55.0.5:8080/boot/ID" as GRUB names files: "(http,10.55.0.5:8080)/boot/ID".
std::string grub_path(std::string_view url) {
    const auto scheme = url.substr(0, url.find(':'));
    url.remove_prefix(scheme.size() + std::string_view("://").size());
    const auto slash = std::min(url.find('/'), url.size());
    return fmt::format("({},{}){}", scheme, url.substr(0, slash), url.substr(slash));
}

std::string initrd_words(const ScriptFacts& facts, std::string_view path) {
    std::string words;
    for (std::size_t i = 0; i < facts.initrds; ++i) {
        words += fmt::format(" {}", quoted(fmt::format("{}/{}", path, initrd_name(i))));
    }
    return words + fmt::format(" {}", quoted(fmt::format("{}/overlay", path)));
}

/// All words in quotes, each with a blank before it.
base::Result<std::string> quoted_words(std::string_view line) {
    const auto words = kernel_words(line);
    if (!words) return words.error();
    std::string all;
    for (const auto& word : *words)
        all += " " + quoted(word);
    return all;
}

/// GRUB counts in words: it has no arithmetic.
std::string numbers(int last) {
    std::string words;
    for (int i = 1; i <= last; ++i)
        words += fmt::format(" {}", i);
    return words;
}

/// `start`: commands that end in `boot` where all before it went well.
std::string tried(const ScriptFacts& facts, std::string_view start) {
    return fmt::format(
        "# host {} boot {}\n"
        "for boot_try in{}; do\n"
        "{}"
        "echo \"musterd: try $boot_try of {} in {} seconds\"\n"
        "sleep {}\n"
        "done\n"
        "reboot\n",
        facts.host, facts.boot, numbers(boot_tries), start, boot_tries, boot_pause, boot_pause);
}

/// chainloader hands over the device that $root names, not the file's ("not a valid root device" otherwise).
base::Result<std::string> program_script(const ScriptFacts& facts) {
    const auto path = grub_path(files_url(facts));
    const auto words = quoted_words(fmt::format("{}", fmt::join(facts.args, " ")));
    if (!words) return words.error();
    const auto device = path.substr(1, path.find(')') - 1);
    return tried(facts, fmt::format("set root={}\nif chainloader {}{}; then\nboot\nfi\n", quoted(device),
                                    quoted(path + "/loader"), *words));
}

}  // namespace

base::Result<std::string> grub_boot_script(const ScriptFacts& facts) {
    if (facts.payload == images::Payload::program) return program_script(facts);
    if (facts.payload == images::Payload::disk) {
        return base::Error(
            "the image is a disk, and GRUB, which this machine loads, cannot boot one over the network: let the "
            "firmware boot by HTTP Boot, which takes it as a RAM disk");
    }
    const auto path = grub_path(files_url(facts));
    const auto line = fmt::format("{}", fmt::join(boot_arguments(facts), " "));
    // GRUB puts the kernel's name before it.
    const auto length = fmt::formatted_size("BOOT_IMAGE={}/kernel {}", path, line);
    if (length > longest_kernel_line) {
        return base::Error(fmt::format("the kernel line has {} bytes, more than the {} that a kernel takes", length,
                                       longest_kernel_line));
    }
    const auto words = quoted_words(line);
    if (!words) return words.error();
    return tried(facts, fmt::format("if linux {}{}; then\nif initrd{}; then\nboot\nfi\nfi\n", quoted(path + "/kernel"),
                                    *words, initrd_words(facts, path)));
}

std::string grub_local_script(std::string_view host) {
    const auto script = fmt::format("# host {}: boots from its own disk\n", host);
    // The fallback path first (UEFI 2.10, 3.5.1.1), which most systems fill; FAT does not mind the case of letters.
    // chainloader hands over the device that $root names, not the file's ("not a valid root device" otherwise, tried).
    return script +
           "musterd_cpu=$grub_cpu\n"  // arm and riscv64 have the same name with UEFI
           "if [ \"$grub_cpu\" = arm64 ]; then musterd_cpu=aa64; fi\n"
           "if [ \"$grub_cpu\" = x86_64 ]; then musterd_cpu=x64; fi\n"
           "if [ \"$grub_cpu\" = i386 ]; then musterd_cpu=ia32; fi\n"
           "for musterd_loader in /EFI/BOOT/BOOT$musterd_cpu.EFI /EFI/debian/shim$musterd_cpu.efi "
           "/EFI/ubuntu/shim$musterd_cpu.efi /EFI/systemd/systemd-boot$musterd_cpu.efi "
           "/EFI/debian/grub$musterd_cpu.efi /EFI/ubuntu/grub$musterd_cpu.efi; do\n"
           "if search --no-floppy --file --set=root $musterd_loader; then\n"
           "if chainloader $musterd_loader; then boot; fi\n"
           "fi\n"
           "done\n"
           "exit\n";
}

std::string grub_start_script() {
    return fmt::format(
        "if [ \"$grub_cpu\" = arm64 ]; then musterd_arch=arm64; else musterd_arch=amd64; fi\n"
        "set musterd_uuid=\n"
        "smbios --type 1 --get-uuid 8 --set musterd_uuid\n"
        "for musterd_try in{}; do\n"
        "source \"(tftp,$net_default_server)/boot/grub?mac=$net_default_mac&uuid=$musterd_uuid&arch=$musterd_arch\"\n"
        "sleep {}\n"
        "done\n"
        "reboot\n",
        numbers(boot_tries), boot_pause);
}

std::string grub_wait_script(std::string_view why) {
    return fmt::format("echo {}\nsleep {}\n", quoted(fmt::format("musterd: {}", why)), wait_pause);
}

}  // namespace musterd::api
