#include "server/api/grub_script.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace musterd;

namespace {

api::ScriptFacts facts() {
    api::ScriptFacts made;
    made.host = "dpu1";
    made.boot = "01ARYZ6S41TSV4RRFFQ69G5FAV";
    made.url = "http://10.55.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV";
    made.mac = *base::Mac::parse("52:54:00:00:00:0A");
    made.args = {"console=ttyAMA0"};
    return made;
}

api::ScriptFacts with_argument(const std::string& argument) {
    auto made = facts();
    made.args = {argument};
    return made;
}

}  // namespace

TEST_CASE("a GRUB script is what GRUB 2.06 runs on arm64") {
    const auto script = api::grub_boot_script(facts());
    REQUIRE(script);
    CHECK(
        *script ==
        "# host dpu1 boot 01ARYZ6S41TSV4RRFFQ69G5FAV\n"
        "for boot_try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 "
        "35 36 37 38 39 40; do\n"
        "if linux '(http,10.55.0.5:8080)/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/kernel' 'console=ttyAMA0' "
        "'musterd.boot=01ARYZ6S41TSV4RRFFQ69G5FAV' "
        "'musterd.url=http://10.55.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV' 'BOOTIF=01-52-54-00-00-00-0a'; then\n"
        "if initrd '(http,10.55.0.5:8080)/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/initrd' "
        "'(http,10.55.0.5:8080)/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/overlay'; then\n"
        "boot\n"
        "fi\n"
        "fi\n"
        "echo \"musterd: try $boot_try of 40 in 5 seconds\"\n"
        "sleep 5\n"
        "done\n"
        "reboot\n");
}

TEST_CASE("GRUB chains an EFI program with its own arguments, and cannot boot a disk") {
    auto program = with_argument("a='b");
    program.payload = images::Payload::program;
    CHECK_FALSE(api::grub_boot_script(program));
    program.args = {"-delay", "\"5 6\""};
    const auto script = api::grub_boot_script(program);
    REQUIRE(script);
    CHECK(script->find("; do\n"
                       "set root='http,10.55.0.5:8080'\n"
                       "if chainloader '(http,10.55.0.5:8080)/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/loader' '-delay' "
                       "'5 6'; then\n"
                       "boot\n"
                       "fi\n"
                       "echo ") != std::string::npos);
    program.payload = images::Payload::disk;
    CHECK_FALSE(api::grub_boot_script(program));
}

TEST_CASE("under GRUB too several initrds keep their order and the overlay is last") {
    auto three = facts();
    three.initrds = 3;
    const auto script = *api::grub_boot_script(three);
    const auto line = script.substr(script.find("if initrd"));
    std::size_t last = 0;
    for (const auto* name : {"/initrd'", "/initrd1'", "/initrd2'", "/overlay'"}) {
        const auto found = line.find(name);
        REQUIRE(found != std::string::npos);
        CHECK(found > last);
        last = found;
    }
}

TEST_CASE("GRUB expands nothing of a kernel argument, and words stay as the kernel cuts them") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"x=$net_default_mac", " 'x=$net_default_mac' "}, {"a; reboot", " 'a;' 'reboot' "}, {"a   b", " 'a' 'b' "},
        {"dyndbg=\"file x +p\"", " 'dyndbg=file x +p' "}, {"{a} #b", " '{a}' '#b' "},
    };
    for (const auto& row : table) {
        CAPTURE(row.first);
        const auto script = api::grub_boot_script(with_argument(row.first));
        REQUIRE(script);
        CHECK(script->find("/kernel'" + row.second + "'musterd.boot=") != std::string::npos);
    }
}

TEST_CASE("a kernel argument that GRUB would change, or that is too long, is refused") {
    for (const auto* argument : {"it's", "back\\slash", "two\nlines", "odd=\"quote"}) {
        CAPTURE(argument);
        CHECK_FALSE(api::grub_boot_script(with_argument(argument)));
    }
    // Beside it: BOOT_IMAGE= and the kernel's name by GRUB (71 bytes), boot, url and BOOTIF (131), and four blanks.
    CHECK(api::grub_boot_script(with_argument(std::string(1841, 'x'))));
    const auto script = api::grub_boot_script(with_argument(std::string(1842, 'x')));
    REQUIRE_FALSE(script);
    CHECK(script.error().message().find("more than the 2047") != std::string::npos);
}

TEST_CASE("what is said on the console cannot become a command") {
    CHECK(api::grub_wait_script("it's\nreboot $x; y") == "echo 'musterd: it'\\''s reboot $x; y'\nsleep 15\n");
}

TEST_CASE("no GRUB script has a menu or prompt, and each ends by going somewhere or by asking again") {
    CHECK(api::grub_boot_script(facts())->ends_with("\ndone\nreboot\n"));
    CHECK(api::grub_local_script("dpu1").ends_with("\ndone\nexit\n"));
    CHECK(api::grub_start_script().ends_with("\ndone\nreboot\n"));
    for (const auto& script : {*api::grub_boot_script(facts()), api::grub_wait_script("held")}) {
        for (const auto* word : {"menuentry", "normal", "configfile", "read "})
            CHECK(script.find(word) == std::string::npos);
    }
}
