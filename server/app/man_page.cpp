#include "server/app/man_page.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <string_view>

namespace musterd::app {

namespace {

/// Text of a line: what groff would take for a command or a hyphen is made what it is (groff_char(7), groff_man(7)).
std::string plain(std::string_view text) {
    std::string line;
    for (const char c : text) {
        if (c == '\\')
            line += "\\e";
        else if (c == '-')
            line += "\\-";
        else if (c == '\n')
            line += ' ';
        else
            line += c;
    }
    const bool command = line.starts_with('.') || line.starts_with('\'');
    return command ? "\\&" + line : line;
}

std::string usage(const CLI::App& command, std::string words) {
    words = plain(words);
    auto line = fmt::format(".B {}\n", words);
    for (const auto* option : command.get_options()) {
        if (!option->get_positional()) continue;
        const auto name = plain(option->get_name());
        const auto* dots = option->get_items_expected_max() > 1 ? "\\~.\\|.\\|." : "";
        line +=
            option->get_required() ? fmt::format(".I {}{}\n", name, dots) : fmt::format(".RI [ {}{} ]\n", name, dots);
    }
    return line;
}

/// "--until TEXT", with each of its names.
std::string heading(const CLI::Option& option) {
    if (option.get_positional()) return fmt::format(".I {}\n", plain(option.get_name()));
    std::string names;
    for (const auto& name : option.get_snames())
        names += fmt::format("{}\\-{}", names.empty() ? "" : ", ", plain(name));
    for (const auto& name : option.get_lnames())
        names += fmt::format("{}\\-\\-{}", names.empty() ? "" : ", ", plain(name));
    if (option.get_items_expected_max() == 0) return fmt::format(".B {}\n", names);
    return fmt::format(".BI \"{} \" {}\n", names, "VALUE");
}

/// "a,b" as "a, b": troff breaks no line within a word.
std::string listed(std::string_view words) {
    std::string text;
    for (const char c : words) {
        text += c;
        if (c == ',') text += ' ';
    }
    return text;
}

std::string explained(const CLI::Option& option) {
    auto text = plain(option.get_description());
    const auto type = option.get_type_name();
    if (const auto open = type.find('{'); open != std::string::npos)
        text += fmt::format(" (one of {})", plain(listed(type.substr(open + 1, type.rfind('}') - open - 1))));
    if (const auto value = option.get_default_str(); !value.empty()) text += fmt::format(" (default {})", plain(value));
    return text;
}

bool everywhere(const CLI::Option& option) {
    const auto name = option.get_name();
    return name == "--help" || name == "--json" || name == "--config" || name == "--version";
}

void describe(const CLI::App& command, const std::string& words, std::string& page) {
    const auto parts = command.get_subcommands([](const CLI::App*) { return true; });
    if (parts.empty()) {
        page +=
            ".SS " + plain(words) + "\n" + usage(command, words) + ".PP\n" + plain(command.get_description()) + "\n";
        for (const auto* option : command.get_options()) {
            if (everywhere(*option)) continue;
            page += ".TP\n" + heading(*option) + explained(*option) + "\n";
        }
    }
    for (const auto* part : parts)
        describe(*part, words + " " + part->get_name(), page);
}

constexpr std::string_view rest = R"(.SH OPTIONS OF EVERY COMMAND
.TP
.BI "\-\-config " FILE
configuration file, default /etc/musterd/musterd.toml; a client finds the server's socket by its data_dir
.TP
.B \-\-json
print JSON, for programs; its keys stay
.TP
.B \-\-help
what the command takes
.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
failed; standard error says why
.TP
.B 2
wrong usage
.TP
.B 3
timed out
.SH ENVIRONMENT
.TP
.B NO_COLOR
set to anything: no colour on a terminal; elsewhere there never is any
.SH FILES
.TP
.I /etc/musterd/musterd.toml
the configuration; an empty or missing one serves too
.TP
.I /etc/musterd/hosts.d/*.toml
hosts, and which profile each boots
.TP
.I /etc/musterd/profiles.d/*.toml
profiles: what hosts of a kind boot
.TP
.I /var/lib/musterd
images, journal, keys and tokens (data_dir)
.SH SEE ALSO
.BR dnsmasq (8),
.BR systemd (1)
)";

}  // namespace

std::string man_page(const CLI::App& program, const std::string& version) {
    auto page = fmt::format(".TH MUSTERD 1 \"\" \"musterd {}\" \"User Commands\"\n", plain(version));
    page += ".SH NAME\nmusterd \\- boot machines over the network, and keep the roll of where they are\n";
    page += ".SH SYNOPSIS\n.B musterd\n.I COMMAND\n.RI [ OPTION \".\\|.\\|.]\"\n.SH DESCRIPTION\n";
    page += plain(program.get_description()) + ".\nOne command,\n.BR \"musterd serve\" ,\nis the server. ";
    page +=
        "The others ask it over a socket in its data_dir, which is for root and the server's own user, or look at "
        "the files themselves.\n.SH COMMANDS\n";
    describe(program, "musterd", page);
    page += rest;
    return page;
}

}  // namespace musterd::app
