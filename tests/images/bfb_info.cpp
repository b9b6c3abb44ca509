#include "images/bfb_info.hpp"

#include "bfb_writer.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;

namespace {

Bfb bfb_of(const std::vector<BfbPart>& parts) {
    const auto file = write_bfb(parts);
    const auto bfb = read_bfb(MemorySource(base::as_bytes(file)));
    REQUIRE(bfb.has_value());
    return *bfb;
}

std::string refusal(const std::vector<BfbPart>& parts, const std::vector<Firmware>& firmware = {}) {
    const auto chosen = choose_boot_parts(bfb_of(parts), firmware);
    return chosen ? "accepted" : chosen.error().message();
}

std::string info_error(std::string_view json) {
    const auto info = parse_bfb_info(json);
    return info ? "accepted" : info.error().message();
}

}  // namespace

TEST_CASE("info's members become a list of firmware") {
    const auto info = parse_bfb_info(R"({"Name": "BFB", "Members@odata.count": 4, "Members": [
        {"Name": "BF2_BSP", "Version": "4.9.0.13378", "SoftwareId": ""},
        {"Name": "BF2_NIC_FW", "Version": "24.43.1014", "SoftwareId": "0x0214", "Updateable": true},
        {"Version": "of nothing"},
        {"Name": "DOCA\u001b[2J"}]})"
                                     "\n");
    REQUIRE(info.has_value());
    CHECK(*info == std::vector<Firmware>{
                       {"BF2_BSP", "4.9.0.13378", ""}, {"BF2_NIC_FW", "24.43.1014", "0x0214"}, {"DOCA?[2J", "", ""}});
}

TEST_CASE("an info that is not what it should be is refused") {
    CHECK(info_error("").starts_with("BFB info: "));
    CHECK(info_error("{\"Members\": [").starts_with("BFB info: "));
    CHECK(info_error("{}") == "BFB info: no array \"Members\"");
    CHECK(info_error("{\"Members\": {}}") == "BFB info: no array \"Members\"");
    CHECK(info_error("{\"Members\": [1]}") == "BFB info: a member that is not an object");
}

TEST_CASE("info is read in the version for BlueField-2, else in the one that there is") {
    const auto member = [](const char* name) { return R"({"Members": [{"Name": ")" + std::string(name) + "\"}]}"; };
    struct Case {
        std::vector<BfbPart> parts;
        std::vector<Firmware> firmware;
    };
    const BfbPart old{BfbId::info, 0, member("A")};
    const BfbPart ours{BfbId::info, 1, member("B")};
    const BfbPart later{BfbId::info, 2, member("C")};
    const BfbPart initramfs{BfbId::initramfs, 0, "i"};
    const Case cases[] = {{{old, ours, later}, {{"B", "", ""}}},
                          {{old, later}, {{"A", "", ""}}},
                          {{later}, {{"C", "", ""}}},
                          {{initramfs}, {}}};
    for (const auto& each : cases) {
        const auto file = write_bfb(each.parts);
        const MemorySource source(base::as_bytes(file));
        const auto info = read_bfb_info(source, *read_bfb(source));
        REQUIRE(info.has_value());
        CHECK(*info == each.firmware);
    }
    const auto file = write_bfb({{BfbId::info, 0, std::string((1U << 20U) + 1, ' ')}});
    const MemorySource source(base::as_bytes(file));
    CHECK(read_bfb_info(source, *read_bfb(source)).error().message() ==
          "BFB image info v0 at offset 0: 1048577 bytes; at most 1048576 are read");
}

TEST_CASE("a BlueField-2 gets kernel, initramfs and boot-args in its own version or the common one") {
    const auto bfb = bfb_of({{BfbId::bl2, 0, "a"},
                             {BfbId::bl2, 1, "b"},
                             {BfbId::bl2, 2, "c"},
                             {BfbId::boot_args, 0, "for 1 and 2"},
                             {BfbId::boot_args, 2, "for 3"},
                             {BfbId::image, 0, "common"},
                             {BfbId::image, 1, "for 2"},
                             {BfbId::initramfs, 0, "common"}});
    const auto parts = choose_boot_parts(bfb, {{"BF3_BSP", "1", ""}, {"BF2_BSP", "1", ""}});
    REQUIRE(parts.has_value());
    CHECK(parts->kernel == *bfb.find(62, 1));
    CHECK(parts->initramfs == *bfb.find(63, 0));
    CHECK(parts->boot_args == *bfb.find(59, 0));
    CHECK_FALSE(
        choose_boot_parts(bfb_of({{BfbId::image, 0, "k"}, {BfbId::initramfs, 0, "i"}}), {})->boot_args.has_value());
}

TEST_CASE("a BFB that does not boot a BlueField-2 over the network is refused in words that say why") {
    const BfbPart image{BfbId::image, 0, "kernel"};
    const BfbPart initramfs{BfbId::initramfs, 0, "initramfs"};
    CHECK(refusal({{BfbId::bl2, 2, "bl2"}, image, initramfs}) ==
          "a BFB for BlueField-3, which a BlueField-2 cannot take: it has bl2 v2 at offset 0, and no version 0 or 1 of "
          "that");
    CHECK(refusal({image, {BfbId::initramfs, 2, "initramfs"}}) ==
          "a BFB for BlueField-3, which a BlueField-2 cannot take: it has initramfs v2 at offset 32, and no version 0 "
          "or 1 of that");
    CHECK(refusal({image, initramfs}, {{"BF3_BSP", "4.9", ""}, {"DOCA", "2.9", ""}, {"BF3_UEFI", "4.9", ""}}) ==
          "a BFB for BlueField-3, which a BlueField-2 cannot take: its info names BF3_BSP, BF3_UEFI and nothing that "
          "starts with BF2_");
    CHECK(
        refusal({{BfbId::bl2, 1, "bl2"}, image}) ==
        "a firmware-only BFB: it has no initramfs (id 63) that would run on the card, so it cannot be booted over the "
        "network; take the bf-bundle of the same release");
    CHECK(refusal({initramfs}) ==
          "a BFB with an initramfs and no kernel (id 62): it cannot be booted over the network");
    CHECK(refusal({image, initramfs}, {{"DOCA", "2.9", ""}}) == "accepted");
}

TEST_CASE("boot-args become words, without the initrd that the loader hands over") {
    using namespace std::string_literals;
    struct Case {
        std::string text;
        std::vector<std::string> words;
    };
    const Case cases[] = {
        {"", {}},
        {" \n", {}},
        {"console=ttyAMA1 console=hvc0  earlycon=pl011,0x01000000\tinitrd=initramfs\n",
         {"console=ttyAMA1", "console=hvc0", "earlycon=pl011,0x01000000"}},
        {"initrd=initramfs quiet\0"s, {"quiet"}},
        {"a=\"b c\" d", {"a=\"b c\"", "d"}},
        {"a=\"b c", {"a=\"b c"}},
    };
    for (const auto& each : cases) {
        CAPTURE(each.text);
        const auto words = bfb_arguments(each.text);
        REQUIRE(words.has_value());
        CHECK(*words == each.words);
    }
    CHECK_FALSE(bfb_arguments("a\0b"s));
    CHECK_FALSE(bfb_arguments("\xff"));
    CHECK_FALSE(bfb_arguments("a=\"b\nc\""));
}
