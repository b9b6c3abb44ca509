// All that each built-in profile serves to a host, whole: tests/api/goldens/PROFILE.txt. Where that is meant to change,
// run this test with MUSTERD_WRITE_GOLDENS=1 in its environment, and read what git says of it.
#include "profiles/built_in.hpp"
#include "server/api/render.hpp"
#include "tests/support/command_output.hpp"
#include "tests/support/test_site.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace musterd;

namespace {

const std::string server = "http://10.55.0.5:8080";
constexpr std::array parts{"script",         "grub",    "overlay",     "meta-data", "user-data", "vendor-data",
                           "network-config", "preseed", "autoinstall", "bf.cfg",    "k3s"};

std::unique_ptr<boots::Journal> open_journal() {
    auto journal = boots::open_sqlite_journal({});
    REQUIRE(journal);
    return std::move(*journal);
}

/// A host for each built-in profile, named like it; `vars` are all hosts'.
std::string hosts() {
    std::string text;
    int number = 0x30;
    for (const auto& each : profiles::built_in_profiles()) {
        const bool boots = each.action == profiles::Action::boot;
        text += "[[host]]\nname = '" + std::string(each.name) +
                "-1'\nmac = '52:54:00:00:01:" + std::to_string(number++) + "'\nprofile = '" + (boots ? "g-" : "") +
                std::string(each.name) + "'\n" +
                "[host.k3s]\nserver = 'https://k3s.lan:6443'\nlabels = { 'rack.example/row' = '1' }\n";
    }
    return text;
}

std::string profiles_of(const std::string& vars) {
    std::string text;
    for (const auto& each : profiles::built_in_profiles()) {
        if (each.action != profiles::Action::boot) continue;
        text += "[profile.g-" + std::string(each.name) + "]\ninherits = '" + std::string(each.name) + "'\nimage = '" +
                (each.wants_root ? "rooted" : "demo") + "'\nargs = ['console=ttyS0']\nvars = { " + vars + " }\n";
    }
    return text;
}

const std::string usual_vars =
    "ssh_keys = ['ssh-ed25519 AAAA you@laptop'], packages = ['htop', 'tmux'], root_password_hash = '$6$salt$hash'";
/// What every interpreter could take for its own.
const std::string hostile_vars =
    "ssh_keys = [\"a'b\\\"c; $(reboot) `x` ${y} \\\\\"], disk = \"/dev/x'; reboot #\", packages = [\"p: {q}\"], "
    "root_password_hash = \"$6$'x\\\"\\\\\", locale = \"a: b # c\", keymap = \"'\", time_zone = \"\\\"\", mirror = "
    "\"{}\", "
    "http_proxy = \"- x\", kernel_args = \"$(x)\"";

std::string text_of(support::TestSite& test, std::string_view profile) {
    std::string text;
    for (const auto* part : parts) {
        const auto rendered = api::render(test.site(), {std::string(profile) + "-1", part, server});
        text += std::string("### ") + part + "\n" + (rendered ? *rendered : "(" + rendered.error().message() + ")\n");
        if (!text.ends_with('\n')) text += '\n';
    }
    return text;
}

std::string read(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// What a command says of a text; empty where all is well.
std::string complaint(const std::string& command, const std::string& text) {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "text";
    std::ofstream(file) << text;
    return support::output_of(command + " " + file.string());
}

std::string rendered(support::TestSite& test, const std::string& host, const std::string& what) {
    const auto text = api::render(test.site(), {host, what, server, true});
    REQUIRE_MESSAGE(text, text.error().message());
    return *text;
}

const std::string read_yaml =
    "/usr/bin/python3 -c 'import sys, yaml; d = yaml.safe_load(open(sys.argv[1])); "
    "assert isinstance(d, dict), d'";

/// Each command of a document of YAML at autoinstall's keys, to be read by a shell.
const std::string shell_of_autoinstall =
    "/usr/bin/python3 -c 'import subprocess, sys, yaml\n"
    "a = yaml.safe_load(open(sys.argv[1]))[\"autoinstall\"]\n"
    "assert a[\"version\"] == 1\n"
    "for key in (\"early-commands\", \"late-commands\", \"error-commands\"):\n"
    "    for command in a[key]:\n"
    "        subprocess.run([\"dash\", \"-n\"], input=command, text=True, check=True)\n'";

}  // namespace

TEST_CASE("golden: all that each built-in profile serves") {
    support::TestSite test({}, open_journal(), hosts(), profiles_of(usual_vars));
    for (const auto& each : profiles::built_in_profiles()) {
        CAPTURE(each.name);
        const auto file = std::filesystem::path(MUSTERD_GOLDENS) / (std::string(each.name) + ".txt");
        const auto text = text_of(test, each.name);
        if (std::getenv("MUSTERD_WRITE_GOLDENS") != nullptr) std::ofstream(file) << text;
        CHECK(read(file) == text);
    }
}

TEST_CASE("the readers of what is served take it, whatever is in a host's variables") {
    for (const auto& vars : {usual_vars, hostile_vars}) {
        support::TestSite test({}, open_journal(), hosts(), profiles_of(vars));
        CHECK(complaint("debconf-set-selections --checkonly", rendered(test, "debian-install-1", "preseed")) == "");
        CHECK(complaint("bash -n", rendered(test, "bluefield-1", "bf.cfg")) == "");
        CHECK(complaint(shell_of_autoinstall, rendered(test, "ubuntu-install-1", "autoinstall")) == "");
        for (const auto* host : {"nixos-1", "debian-install-1"})
            CHECK(complaint(read_yaml, rendered(test, host, "k3s")) == "");
    }
}

TEST_CASE("a bf.cfg says where to install to, and for which card, before anything that a person adds") {
    const std::string hosts =
        "[[host]]\nname = 'dpu'\nmac = ['52:54:00:00:01:40', '52:54:00:00:01:41']\nprofile = 'dpu'\n";
    support::TestSite test({}, open_journal(), hosts,
                           "[profile.dpu]\ninherits = 'bluefield'\nimage = 'demo'\nbf_cfg = '/c/bf.cfg'\n",
                           {{"/c/bf.cfg", "ubuntu_PASSWORD='*'\n"}});
    const auto text = rendered(test, "dpu", "bf.cfg");
    CHECK(text.ends_with("fi\nubuntu_PASSWORD='*'\n"));
    CHECK(complaint("bash -n", text) == "");
    CHECK(complaint("bash -c 'source \"$0\"; echo $device $ERASE_SSD $ubuntu_PASSWORD'", text)
              .starts_with("/dev/mmcblk0 no "));
    // As the installer sources it: on another card it stops there, on this one it goes on.
    const auto sourced = [&text](const std::string& address) {
        const support::TemporaryFolder folder;
        const auto card = folder.path() / "oob_net0";
        std::filesystem::create_directories(card);
        std::ofstream(card / "address") << address << "\n";
        auto moved = text;
        for (auto at = moved.find("/sys/class/net"); at != std::string::npos; at = moved.find("/sys/class/net"))
            moved.replace(at, 14, folder.path().string());
        return complaint("bash -c 'fail() { echo \"$1\"; exit 1; }; source \"$0\"; echo goes on'", moved);
    };
    CHECK(sourced("52:54:00:00:01:41") == "goes on\n");
    CHECK(sourced("52:54:00:00:01:4A") == "bf.cfg is for another card\n");
}
