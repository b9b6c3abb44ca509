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

TEST_CASE("several initrds keep their order, the overlay is last") {
    auto three = facts();
    three.initrds = 3;
    const auto line = api::kernel_line(three);
    REQUIRE(line);
    CHECK(line->ends_with("initrd=initrd initrd=initrd1 initrd=initrd2 initrd=overlay"));
    const auto script = *api::boot_script(three);
    CHECK(script.find("--name initrd2") < script.find("--name overlay"));
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
