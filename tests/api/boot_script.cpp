#include "server/api/boot_script.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace musterd;

namespace {

api::ScriptFacts facts() {
    api::ScriptFacts made;
    made.host = "r640";
    made.boot = "01ARYZ6S41TSV4RRFFQ69G5FAV";
    made.url = "http://10.55.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV";
    made.mac = *base::Mac::parse("52:54:00:00:00:01");
    made.args = {"console=ttyS0"};
    return made;
}

}  // namespace

TEST_CASE("a boot script is what iPXE of 2019 runs on BIOS and UEFI") {
    const auto script = api::boot_script(facts());
    REQUIRE(script);
    CHECK(*script ==
          "#!ipxe\n"
          "# host r640 boot 01ARYZ6S41TSV4RRFFQ69G5FAV\n"
          "set dollar:hex 24\n"
          "set tries:int32 0\n"
          "goto load\n"
          ":again\n"
          "imgfree\n"
          "inc tries\n"
          "iseq ${tries} 40 && reboot ||\n"
          "echo musterd: try ${tries} of 40 in 5 seconds\n"
          "sleep 5\n"
          ":load\n"
          "imgfree\n"
          "kernel http://10.55.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/kernel console=ttyS0 "
          "musterd.boot=01ARYZ6S41TSV4RRFFQ69G5FAV "
          "musterd.url=http://10.55.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV BOOTIF=01-52-54-00-00-00-01 initrd=initrd "
          "initrd=overlay "
          "|| goto again\n"
          "initrd --name initrd http://10.55.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/initrd || goto again\n"
          "initrd --name overlay http://10.55.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/overlay || goto again\n"
          "boot || goto again\n"
          "goto again\n");
}

TEST_CASE("an EFI program is chained with its own arguments under UEFI, BIOS is told that it cannot") {
    auto program = facts();
    program.payload = images::Payload::program;
    program.args = {"-delay", "5", "x=${y}"};
    const auto script = *api::boot_script(program);
    const auto loading = script.substr(script.find(":load\n"));
    CHECK(loading ==
          ":load\n"
          "imgfree\n"
          "iseq ${platform} efi || goto bios\n"
          "chain http://10.55.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/loader -delay 5 x=${dollar:string}{y} || goto "
          "again\n"
          "exit 1\n"
          ":bios\n"
          "echo musterd: the image is an EFI program, which BIOS cannot start\n"
          ":wait\n"
          "imgfree\n"
          "inc tries\n"
          "iseq ${tries} 20 && reboot ||\n"
          "echo musterd: try ${tries} of 20 in 15 seconds\n"
          "sleep 15\n"
          "goto bios\n");
    program.args = {"||"};
    CHECK_FALSE(api::boot_script(program));
}

TEST_CASE("a disk is read over HTTP, and by no other protocol") {
    auto disk = facts();
    disk.payload = images::Payload::disk;
    const auto script = *api::boot_script(disk);
    CHECK(script.ends_with(
        ":load\nimgfree\nsanboot --no-describe http://10.55.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/disk || goto "
        "again\nexit 1\n"));
    disk.files = "tftp://10.55.0.5/boot/01ARYZ6S41TSV4RRFFQ69G5FAV";
    CHECK_FALSE(api::boot_script(disk));
}

TEST_CASE("iPXE is told who hears its console, where somebody does") {
    auto heard = facts();
    heard.syslog = "10.55.0.5";
    const auto script = *api::boot_script(heard);
    CHECK(script.find("set tries:int32 0\nset syslog 10.55.0.5 ||\ngoto load\n") != std::string::npos);
    CHECK(api::boot_script(facts())->find("syslog") == std::string::npos);
}

TEST_CASE("several initrds keep their order, the overlay is last") {
    auto three = facts();
    three.initrds = 3;
    const auto line = api::kernel_line(three);
    REQUIRE(line);
    CHECK(line->ends_with("initrd=initrd initrd=initrd1 initrd=initrd2 initrd=overlay"));
    const auto script = *api::boot_script(three);
    CHECK(script.find("--name initrd2") < script.find("--name overlay"));
}

TEST_CASE("what an installer hands on to the system it installs is the person's only") {
    auto handed_on = facts();
    handed_on.args = {"auto=true", "---", "console=ttyS0"};
    const auto line = api::kernel_line(handed_on);
    REQUIRE(line);
    CHECK(line->starts_with("auto=true musterd.boot="));
    CHECK(line->ends_with(" initrd=initrd initrd=overlay --- console=ttyS0"));
    CHECK(api::boot_arguments(handed_on).back() == "console=ttyS0");
}

TEST_CASE("no script of ours has a dead end: no prompt, no shell, and it ends by going somewhere") {
    for (const auto& script : {*api::boot_script(facts()), api::wait_script("held", "http://s/boot/script?mac=x"),
                               api::local_script("r640", profiles::LocalBoot::automatic, "http://s/grub")}) {
        CAPTURE(script);
        for (const auto* word : {"prompt", "shell", "\nlogin", "config"})
            CHECK(script.find(word) == std::string::npos);
        const bool goes_on = script.ends_with("goto again\n") || script.ends_with("\nexit 1\n");
        CHECK(goes_on);
        CHECK(script.starts_with("#!ipxe\n"));
    }
    CHECK(api::boot_script(facts())->find("&& reboot") != std::string::npos);
    CHECK(api::wait_script("held", "u").find("&& reboot") != std::string::npos);
}

TEST_CASE("what iPXE would expand, or take for the end of a command, cannot slip in") {
    auto live = facts();
    live.args = {"x=${net0/mac}", "y=$HOME"};
    const auto script = *api::boot_script(live);
    CHECK(script.find("x=${dollar:string}{net0/mac} y=$HOME") != std::string::npos);
    for (const auto* word : {"||", "&&", ";"}) {
        auto cut = facts();
        cut.args = {"a", word};
        CHECK_FALSE(api::boot_script(cut));
    }
    const auto told = api::wait_script("bad\nreboot ${x}", "http://s");
    CHECK(told.find("echo musterd: bad reboot ${dollar:string}{x}\n") != std::string::npos);
}

TEST_CASE("a kernel line that a BIOS kernel would cut is refused") {
    auto longer = facts();
    longer.args = {std::string(2000, 'x')};
    const auto script = api::boot_script(longer);
    REQUIRE_FALSE(script);
    CHECK(script.error().message().find("more than the 2047") != std::string::npos);
}
