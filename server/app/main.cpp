#include "server/app/commands.hpp"
#include "server/app/completion.hpp"
#include "server/app/man_page.hpp"
#include "server/app/serve.hpp"
#include "server/base/clock.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>
#include <string_view>

namespace {

using namespace musterd;
using namespace musterd::app;

/// What every command takes.
struct Shared {
    ConfigOption config;
    bool json = false;

    [[nodiscard]] Output output() const { return json ? Output::json : Output::text; }
};

/// Adds a command with --config and --json; `run` gives the exit code.
CLI::App& add_command(CLI::App& parent, Shared& shared, int& code, const char* name, const char* help,
                      const std::function<int()>& run) {
    auto& command = *parent.add_subcommand(name, help);
    command.add_option("--config", shared.config.file, "configuration file")
        ->each([&shared](const std::string&) { shared.config.given = true; })
        ->capture_default_str();
    command.add_flag("--json", shared.json, "print JSON");
    command.callback([&code, run] { code = run(); });
    return command;
}

CLI::App& add_group(CLI::App& parent, const char* name, const char* help) {
    auto& group = *parent.add_subcommand(name, help);
    group.require_subcommand(1);
    return group;
}

void add_image_commands(CLI::App& program, Shared& shared, int& code, ImportOptions& import, std::string& reference) {
    auto& image = add_group(program, "image", "what can be booted");
    auto& importing = add_command(
        image, shared, code, "import",
        "copy what boots into the store: a folder or tar archive with kernel and initrds, an ISO, a BlueField BFB, a "
        "disk image, a kernel, an EFI program",
        [&] { return image_import(shared.config, import, shared.output()); });
    importing.add_option("SOURCE", import.source, "folder, file or http(s) URL to import")->required();
    importing.add_option("--name", import.name, "what to call the image")->required();
    importing.add_option("--arg", import.args, "kernel argument that belongs to the image (may be given again)")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    importing.add_option("--sha256", import.sha256, "what the file must have; it is not imported otherwise");
    importing.add_option_function<std::string>(
        "--timeout",
        [&](const std::string& text) {
            const auto duration = base::parse_duration(text);
            if (!duration) throw CLI::ValidationError("--timeout", duration.error().message());
            import.timeout = *duration;
        },
        "how long the server of a URL may send nothing (default 30s)");
    importing.add_flag("--disk", import.as_disk, "keep an ISO as one disk for HTTP Boot, whatever boots out of it");
    add_command(image, shared, code, "list", "all images", [&] { return image_list(shared.config, shared.output()); });
    const auto one = [&](const char* name, const char* help, auto run) {
        auto& command = add_command(image, shared, code, name, help,
                                    [&, run] { return run(shared.config, reference, shared.output()); });
        command.add_option("IMAGE", reference, "NAME, NAME@DIGEST or DIGEST")->required();
    };
    one("show", "one image and its files", image_show);
    one("verify", "read an image's files again and compare their digests", image_verify);
    one("rollback", "make a name lead to the image that it led to before", image_rollback);
    one("remove",
        "remove a name with its history (NAME), or one image of it (NAME@DIGEST), and the files that nothing "
        "needs any more",
        image_remove);
}

void add_host_commands(CLI::App& program, Shared& shared, int& code, std::string& name, bool& unknown,
                       AdoptOptions& adoption) {
    auto& host = add_group(program, "host", "the roll of hosts");
    auto& list = add_command(host, shared, code, "list", "every host and where it stands", [&] {
        return unknown ? host_list_unknown(shared.config, shared.output()) : host_list(shared.config, shared.output());
    });
    list.add_flag("--unknown", unknown, "machines that wanted to boot and that no host names, instead");
    auto& adopt = add_command(host, shared, code, "adopt", "make a machine a host: write it into the folder of hosts",
                              [&] { return host_adopt(shared.config, adoption, shared.output()); });
    adopt.add_option("MAC", adoption.mac, "of the machine")->required();
    adopt.add_option("--name", adoption.name, "what to call the host")->required();
    adopt.add_option("--profile", adoption.profile, "what it is to boot")->required();
    adopt.add_option("--file", adoption.file, "which file of the folder")->capture_default_str();
    auto& show = add_command(host, shared, code, "show", "one host and its boot",
                             [&] { return host_show(shared.config, name, shared.output()); });
    show.add_option("HOST", name, "host name")->required();
    auto& reinstall =
        add_command(host, shared, code, "reinstall", "let a host that is installed, or began to be, install once more",
                    [&] { return host_reinstall(shared.config, name, shared.output()); });
    reinstall.add_option("HOST", name, "host name")->required();
    add_command(host, shared, code, "console",
                "what one host said on its consoles (syslog, netconsole) in its last boots",
                [&] { return host_console(shared.config, name, shared.output()); })
        .add_option("HOST", name, "host name")
        ->required();
}

void add_render(CLI::App& program, Shared& shared, int& code, RenderOptions& options) {
    auto& command =
        add_command(program, shared, code, "render", "print exactly what a host would be served, but for its boot id",
                    [&] { return render(shared.config, options, shared.output()); });
    command.add_option("HOST", options.host, "host name")->required();
    command.add_option("--what", options.what, "which part of it")
        ->check(CLI::IsMember({"script", "grub", "overlay", "user-data", "meta-data", "vendor-data", "network-config",
                               "preseed", "autoinstall", "bf.cfg", "k3s"}))
        ->capture_default_str();
    command.add_flag("--secrets", options.secrets, "print secrets as they are");
}

void add_wait_and_events(CLI::App& program, Shared& shared, int& code, WaitOptions& waiting, EventsOptions& listing) {
    auto& wait = add_command(program, shared, code, "wait", "wait until hosts have reached a stage",
                             [&] { return wait_for(shared.config, waiting, shared.output()); });
    wait.add_option("HOST", waiting.hosts, "host names")->required();
    wait.add_option(
            "--until", waiting.until,
            "stage: firmware, loader, script, kernel, initrd, root, system, installing, installed, up, joined, ready")
        ->required();
    wait.add_option_function<std::string>(
        "--timeout",
        [&](const std::string& text) {
            const auto duration = base::parse_duration(text);
            if (!duration) throw CLI::ValidationError("--timeout", duration.error().message());
            waiting.timeout = *duration;
        },
        "how long to wait, as 90s or 15m (default 10m)");
    auto& events = add_command(program, shared, code, "events", "what was seen and done",
                               [&] { return app::events(shared.config, listing, shared.output()); });
    events.add_flag("--follow,-f", listing.follow, "go on with new events as they come");
    events.add_option("--host", listing.host, "only of this host");
    events.add_option("--boot", listing.boot, "only of this boot");
    events.add_option("--kind", listing.kind, "only of these kinds, separated by commas: up,boot_failed");
    events.add_option_function<std::string>(
        "--since",
        [&](const std::string& text) {
            const auto time = base::parse_rfc3339(text);
            const auto ago = base::parse_duration(text);
            if (!time && !ago)
                throw CLI::ValidationError("--since", "neither a time as 2026-11-21T09:30:00.000Z nor as 2h");
            listing.since = time ? *time : base::now() - *ago;
        },
        "only of this time or later: 2026-11-21T09:30:00.000Z, or 15m or 2h ago");
    events.add_option("--after", listing.after, "only events with a greater id");
}

struct TokenWords {
    std::string name;
    std::string role;
};

void add_token_commands(CLI::App& program, Shared& shared, int& code, TokenWords& words) {
    auto& token = add_group(program, "token", "who may use the API over the network");
    auto& create = add_command(token, shared, code, "create", "make a token and print it, this once",
                               [&] { return token_create(shared.config, words.name, words.role, shared.output()); });
    create.add_option("--name", words.name, "what to call it: letters, digits, '.', '_' and '-'")->required();
    create
        .add_option("--role", words.role, "what it is for: read sees, operate also orders boots, admin may everything")
        ->check(CLI::IsMember({"read", "operate", "admin"}))
        ->required();
    add_command(token, shared, code, "list", "every token's name and role",
                [&] { return token_list(shared.config, shared.output()); });
    add_command(token, shared, code, "remove", "it opens nothing from then on",
                [&] { return token_remove(shared.config, words.name, shared.output()); })
        .add_option("NAME", words.name, "of the token")
        ->required();
}

void add_key_commands(CLI::App& program, Shared& shared, int& code, std::filesystem::path& backup,
                      KeyRestoreOptions& restore) {
    auto& key = add_group(program, "key", "the site's key, from which every host's identity comes");
    auto& backing_up = add_command(key, shared, code, "backup", "write it into a file, or print it",
                                   [&] { return key_backup(shared.config, backup, shared.output()); });
    backing_up.add_option("FILE", backup, "where to; standard output when it is left out");
    auto& restoring = add_command(key, shared, code, "restore", "put it back into data_dir",
                                  [&] { return key_restore(shared.config, restore, shared.output()); });
    restoring.add_option("FILE", restore.file, "what `musterd key backup` wrote")->required();
    restoring.add_flag("--force", restore.force, "even in the place of another key");
}

void add_explain(CLI::App& program, Shared& shared, int& code, std::string& who, std::filesystem::path& pcap) {
    auto& command =
        add_command(program, shared, code, "explain", "every packet, decision and file of a host's last boot", [&] {
            return pcap.empty() ? explain(shared.config, who, shared.output())
                                : explain_packets(shared.config, who, pcap, shared.output());
        });
    command.add_option("HOST", who, "host name, or the MAC of any machine")->required();
    command.add_option("--pcap", pcap, "write its last DHCP packets into this file instead");
}

void add_journal_commands(CLI::App& program, Shared& shared, int& code, std::filesystem::path& file) {
    auto& journal = add_group(program, "journal", "every event that the server has kept");
    add_command(journal, shared, code, "export",
                "write it as lines of JSON into a file, or to standard output; the server may run",
                [&] { return journal_export(shared.config, file, shared.output()); })
        .add_option("FILE", file, "where to; standard output when it is left out");
    add_command(journal, shared, code, "import", "put it back into a data_dir that has none",
                [&] { return journal_import(shared.config, file, shared.output()); })
        .add_option("FILE", file, "what `musterd journal export` wrote; - for standard input")
        ->required();
    add_command(journal, shared, code, "check", "read all of it, and say what is damaged; the server may run",
                [&] { return journal_check(shared.config, shared.output()); });
}

void add_doctor(CLI::App& program, Shared& shared, int& code, DoctorOptions& options) {
    auto& doctor = add_command(program, shared, code, "doctor",
                               "what on this network or host stops a boot, and the fix; exit code 1 when it finds a "
                               "problem, warnings do not count",
                               [&] { return examine(shared.config, options, shared.output()); });
    doctor.add_option("--interface", options.interfaces, "ask on this interface (may be given again)")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    doctor.add_option("--server", options.server, "address of a musterd on another host, to be asked from this one")
        ->check(CLI::ValidIPV4);
    doctor.add_option_function<std::string>(
        "--timeout",
        [&](const std::string& text) {
            const auto duration = base::parse_duration(text);
            if (!duration) throw CLI::ValidationError("--timeout", duration.error().message());
            options.timeout = *duration;
        },
        "how long to listen for answers (default 5s)");
}

/// Commands for shells and packagers, which no list of commands need show but the manual's.
void add_shell_commands(CLI::App& program, int& code, std::string& shell) {
    auto& completion =
        *program.add_subcommand("completion", "print a script that completes musterd's words in a shell");
    completion.add_option("SHELL", shell, "which one")->check(CLI::IsMember({"bash", "zsh", "fish"}))->required();
    completion.callback([&] {
        std::fputs(std::string(completion_script(shell)).c_str(), stdout);
        code = done;
    });
    program.add_subcommand("man", "print the manual page, musterd(1)")->callback([&] {
        std::fputs(man_page(program, MUSTERD_VERSION).c_str(), stdout);
        code = done;
    });
}

/// `musterd complete -- WORDS`: what may stand for the last word.
int complete(const CLI::App& program, const std::vector<std::string>& words) {
    for (const auto& each : candidates(program, words, names_of_server(config_among(words))))
        std::printf("%s%s%s\n", each.word.c_str(), each.help.empty() ? "" : "\t", each.help.c_str());
    return done;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App program("musterd boots machines over the network and keeps the roll of where they are");
    program.require_subcommand(1);
    program.set_version_flag("--version", "musterd " MUSTERD_VERSION);
    Shared shared;
    ImportOptions import;
    WaitOptions waiting;
    EventsOptions listing;
    DoctorOptions examination;
    RenderOptions rendering;
    std::filesystem::path backup;
    std::filesystem::path journal_file;
    std::filesystem::path pcap;
    KeyRestoreOptions restore;
    AdoptOptions adoption;
    TokenWords token_words;
    bool unknown = false;
    std::string name;
    int code = done;
    add_command(program, shared, code, "serve", "run the server", [&] { return serve(shared.config); });
    add_command(program, shared, code, "check", "every problem of the configuration at once",
                [&] { return check(shared.config, shared.output()); });
    add_command(program, shared, code, "diff",
                "what the files would change of what the running server serves, host by host; --config names others",
                [&] { return diff(shared.config, shared.output()); });
    add_image_commands(program, shared, code, import, name);
    add_host_commands(program, shared, code, name, unknown, adoption);
    add_explain(program, shared, code, name, pcap);
    add_wait_and_events(program, shared, code, waiting, listing);
    add_render(program, shared, code, rendering);
    add_token_commands(program, shared, code, token_words);
    add_key_commands(program, shared, code, backup, restore);
    add_journal_commands(program, shared, code, journal_file);
    add_doctor(program, shared, code, examination);
    std::string shell;
    add_shell_commands(program, code, shell);
    if (count > 2 && arguments[1] == std::string_view("complete") && arguments[2] == std::string_view("--"))
        return complete(program, {arguments + 3, arguments + count});
    try {
        program.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        const int shown = program.exit(error);
        return shown == 0 ? done : wrong_usage;
    }
    return code;
}
