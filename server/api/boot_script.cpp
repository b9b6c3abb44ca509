#include "server/api/boot_script.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace musterd::api {

namespace {

constexpr int wait_tries = 20;

/// iPXE expands ${…} wherever it stands and has no escape for it, but a setting may hold the dollar sign.
std::string literal(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool live = text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{';
        if (live) {
            out += "${dollar:string}";
        } else {
            out += text[i] == '\n' || text[i] == '\r' ? ' ' : text[i];
        }
    }
    return out;
}

/// iPXE takes these, standing alone, for the end of a command (core/exec.c), wherever they come from.
bool ends_command(std::string_view argument) {
    return argument == "||" || argument == "&&" || argument == ";";
}

std::string retry_block(std::string_view label, int tries, int pause) {
    return fmt::format(
        ":{0}\n"
        "imgfree\n"
        "inc tries\n"
        "iseq ${{tries}} {1} && reboot ||\n"
        "echo musterd: try ${{tries}} of {1} in {2} seconds\n"
        "sleep {2}\n",
        label, tries, pause);
}

std::string beginning(const ScriptFacts& facts) {
    // Where iPXE has a console by syslog (src/net/udp/syslog.c); where it has none this is a setting like any other.
    const auto syslog = facts.syslog.empty() ? std::string() : fmt::format("set syslog {} ||\n", facts.syslog);
    const auto head = fmt::format("#!ipxe\n# host {} boot {}\nset dollar:hex 24\nset tries:int32 0\n{}goto load\n",
                                  facts.host, facts.boot, syslog);
    return head + retry_block("again", boot_tries, boot_pause) + ":load\nimgfree\n";
}

/// Words as one line of arguments.
base::Result<std::string> joined(const std::vector<std::string>& words) {
    for (const auto& word : words) {
        if (ends_command(word))
            return base::Error(fmt::format("\"{}\" cannot be an argument: iPXE ends a command there", word));
    }
    return fmt::format("{}", fmt::join(words, " "));
}

base::Result<std::string> program_script(const ScriptFacts& facts) {
    const auto arguments = joined(facts.args);
    if (!arguments) return arguments.error();
    auto script = beginning(facts) + "iseq ${platform} efi || goto bios\n";
    script += fmt::format("chain {}/loader {} || goto again\nexit 1\n", files_url(facts), literal(*arguments));
    script += ":bios\necho musterd: the image is an EFI program, which BIOS cannot start\n";
    return script + retry_block("wait", wait_tries, wait_pause) + "goto bios\n";
}

/// Without a description of the disk in ACPI tables, which is there for iSCSI and the like alone.
base::Result<std::string> disk_script(const ScriptFacts& facts) {
    if (!facts.files.empty())
        return base::Error("the image is a disk, which is read by HTTP, and this iPXE knows TFTP only");
    return beginning(facts) + fmt::format("sanboot --no-describe {}/disk || goto again\nexit 1\n", facts.url);
}

}  // namespace

std::string initrd_name(std::size_t number) {
    return number == 0 ? std::string("initrd") : fmt::format("initrd{}", number);
}

const std::string& files_url(const ScriptFacts& facts) {
    return facts.files.empty() ? facts.url : facts.files;
}

std::vector<std::string> boot_arguments(const ScriptFacts& facts) {
    auto words = facts.args;
    const std::vector<std::string> own{"musterd.boot=" + facts.boot, "musterd.url=" + facts.url,
                                       "BOOTIF=01-" + facts.mac.to_hyphens()};
    words.insert(std::find(words.begin(), words.end(), for_installed_system), own.begin(), own.end());
    return words;
}

base::Result<std::string> kernel_line(const ScriptFacts& facts) {
    auto words = boot_arguments(facts);
    std::vector<std::string> initrds;
    for (std::size_t i = 0; i < facts.initrds; ++i)
        initrds.push_back("initrd=" + initrd_name(i));
    initrds.emplace_back("initrd=overlay");
    words.insert(std::find(words.begin(), words.end(), for_installed_system), initrds.begin(), initrds.end());
    auto line = joined(words);
    if (line && line->size() > longest_kernel_line) {
        return base::Error(fmt::format("the kernel line has {} bytes, more than the {} that a kernel takes",
                                       line->size(), longest_kernel_line));
    }
    return line;
}

base::Result<std::string> boot_script(const ScriptFacts& facts) {
    if (facts.payload == images::Payload::program) return program_script(facts);
    if (facts.payload == images::Payload::disk) return disk_script(facts);
    const auto line = kernel_line(facts);
    if (!line) return line.error();
    auto script = beginning(facts);
    script += fmt::format("kernel {}/kernel {} || goto again\n", files_url(facts), literal(*line));
    for (std::size_t i = 0; i < facts.initrds; ++i) {
        script += fmt::format("initrd --name {0} {1}/{0} || goto again\n", initrd_name(i), files_url(facts));
    }
    script += fmt::format("initrd --name overlay {}/overlay || goto again\n", files_url(facts));
    script += "boot || goto again\ngoto again\n";
    return script;
}

std::string local_script(std::string_view host, profiles::LocalBoot way, std::string_view chain_url) {
    using profiles::LocalBoot;
    std::string script = fmt::format("#!ipxe\n# host {}: boots from its own disk\n", host);
    // BIOS has one way to a disk that does not depend on what comes next in its boot order: int 13h, drive 0x80.
    if (way == LocalBoot::automatic || way == LocalBoot::sanboot)
        script += "iseq ${platform} pcbios && sanboot --no-describe --drive 0x80 ||\n";
    if (way == LocalBoot::automatic || way == LocalBoot::chain)
        script += fmt::format("iseq ${{platform}} efi && chain {} ||\n", chain_url);
    // As a failure: firmware takes a boot option that ends well for one that did its work, and OVMF then stays in its
    // menu (tried). BIOS goes on either way.
    return script + "exit 1\n";
}

std::string wait_script(std::string_view why, std::string_view script_url) {
    std::string script = "#!ipxe\nset dollar:hex 24\nset tries:int32 0\ngoto told\n";
    script += retry_block("again", wait_tries, wait_pause);
    script += fmt::format("chain --autofree {} || goto again\n", script_url);
    script += fmt::format(":told\necho musterd: {}\ngoto again\n", literal(why));
    return script;
}

}  // namespace musterd::api
