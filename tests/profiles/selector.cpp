#include "profiles/selector.hpp"

#include "profiles/load.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::profiles;

namespace {

base::Machine card() {
    base::Machine machine;
    machine.mac = *base::Mac::parse("b8:ce:f6:01:02:03");
    machine.arch = "arm64";
    machine.vendor_class = "NVIDIA/BF/PXE";
    machine.interface = "br-lab";
    machine.circuit = "rack3/7";
    return machine;
}

Loaded load(const std::string& hosts) {
    return load_texts({"m", ""},
                      {{"p", "[profile.demo]\nimage = 'demo'\nargs = ['a={{vars.a}}']\nvars = {a = 'profile'}"}},
                      {{"h", hosts}});
}

std::string reason(const std::string& hosts, const base::Machine& machine) {
    const auto loaded = load(hosts);
    REQUIRE(loaded.configuration);
    return loaded.configuration->plan_for(machine).reason;
}

std::vector<std::string> messages(const std::string& hosts) {
    std::vector<std::string> all;
    for (const auto& problem : load(hosts).problems.sorted())
        all.push_back(std::to_string(problem.where.line) + ": " + problem.message);
    return all;
}

}  // namespace

TEST_CASE("a machine fits when it meets every condition, and nothing fits what it has not told") {
    const std::vector<std::pair<Selector, bool>> rows = {
        {{}, true},
        {{"arm64", "", "", "", {}}, true},
        {{"amd64", "", "", "", {}}, false},
        {{"", "NVIDIA/BF", "", "", {}}, true},
        {{"", "NVIDIA/BF/PXE/2", "", "", {}}, false},
        {{"", "", "br-lab", "", {}}, true},
        {{"", "", "br-la", "", {}}, false},
        {{"", "", "", "rack3/7", {}}, true},
        {{"", "", "", "", {0xb8, 0xce, 0xf6}}, true},
        {{"", "", "", "", {0xb8, 0xce, 0xf6, 1, 2, 3}}, true},
        {{"", "", "", "", {0xb8, 0xcf}}, false},
        {{"arm64", "NVIDIA", "br-lab", "rack3/7", {0xb8}}, true},
        {{"arm64", "NVIDIA", "br-lab", "rack3/8", {0xb8}}, false},
    };
    for (const auto& row : rows) {
        CAPTURE(to_string(row.first));
        CHECK(matches(row.first, card()) == row.second);
    }
    CHECK_FALSE(matches({"arm64", "", "", "", {}}, base::Machine{}));
    CHECK_FALSE(matches({"", "N", "", "", {}}, base::Machine{}));
}

TEST_CASE("of two that fit, more conditions win, then longer prefixes; else they tie") {
    struct Row {
        Selector first;
        Selector second;
        Precedence precedence;
    };
    const std::vector<Row> rows = {
        {{"arm64", "", "", "", {}}, {"amd64", "", "", "", {}}, Precedence::apart},
        {{"arm64", "", "", "", {}}, {"arm64", "", "", "", {}}, Precedence::tie},
        {{"arm64", "", "", "", {}}, {"", "", "eth0", "", {}}, Precedence::tie},
        {{"arm64", "", "eth0", "", {}}, {"", "", "eth0", "", {}}, Precedence::first},
        {{"arm64", "", "eth0", "", {}}, {"", "", "", "x", {}}, Precedence::first},
        {{"", "", "eth0", "", {}}, {"arm64", "", "eth1", "", {}}, Precedence::apart},
        {{"", "", "", "", {0xb8}}, {"", "", "", "", {0xb8, 0xce}}, Precedence::second},
        {{"", "", "", "", {0xb9}}, {"", "", "", "", {0xb8, 0xce}}, Precedence::apart},
        {{"", "PXEClient:", "", "", {}}, {"", "PXE", "", "", {}}, Precedence::first},
        {{"", "PXE", "", "", {}}, {"", "HTTP", "", "", {}}, Precedence::apart},
        {{"", "PXEClient:", "", "", {0xb8}}, {"", "PXE", "", "", {0xb8, 0xce}}, Precedence::tie},
    };
    for (const auto& row : rows) {
        CAPTURE(to_string(row.first));
        CAPTURE(to_string(row.second));
        CHECK(compare(row.first, row.second) == row.precedence);
        const auto turned = compare(row.second, row.first);
        const bool one_wins = row.precedence == Precedence::first || row.precedence == Precedence::second;
        CHECK((turned == row.precedence) == !one_wins);
    }
}

TEST_CASE("the beginning of a MAC is one to six octets") {
    using Octets = std::vector<std::uint8_t>;
    CHECK(parse_mac_prefix("b8") == Octets{0xb8});
    CHECK(parse_mac_prefix("B8:ce-F6") == Octets{0xb8, 0xce, 0xf6});
    CHECK(parse_mac_prefix("b8:ce:f6:01:02:03").size() == 6);
    for (const auto* bad :
         {"", "b", "b8:", ":b8", "b8ce", "b8:c", "b8:xx", "b8:ce:f6:01:02:03:04", "b8::ce", "+8", "b8 ce"}) {
        CAPTURE(bad);
        CHECK(parse_mac_prefix(bad).empty());
    }
}

TEST_CASE(
    "a host goes before [[machines]], the more specific of them before the others, and all before unknown_hosts") {
    const std::string rules =
        "[[machines]]\nmac_prefix = 'b8:ce'\nprofile = 'hold'\n"
        "[[machines]]\nmac_prefix = 'b8:ce:f6'\nprofile = 'local'\n"
        "[[machines]]\narch = 'arm64'\ninterface = 'br-lab'\nprofile = 'demo'\nvars = {a = 'rule'}\n";
    CHECK(reason(rules, card()) == "[[machines]] at h:7 by arch arm64, interface br-lab");
    auto moved = card();
    moved.interface = "eth1";
    CHECK(reason(rules, moved) == "[[machines]] at h:4 by mac_prefix b8:ce:f6");
    moved.mac = *base::Mac::parse("b8:ce:00:00:00:02");
    CHECK(reason(rules, moved) == "[[machines]] at h:1 by mac_prefix b8:ce");
    moved.mac = *base::Mac::parse("b8:00:00:00:00:02");
    CHECK(reason(rules, moved) == "no host has MAC b8:00:00:00:00:02; dhcp.unknown_hosts is \"ignore\"");
    CHECK(reason(rules + "[[host]]\nname = 'dpu'\nmac = 'b8:ce:f6:01:02:03'\nprofile = 'local'\n", card()) ==
          "host \"dpu\" by MAC");

    const auto loaded = load(rules);
    const auto choice = loaded.configuration->plan_for(card());
    CHECK(choice.host == nullptr);
    CHECK(choice.plan->profile == "demo");
    CHECK(choice.plan->vars == Variables{{"a", "rule"}});
    CHECK(loaded.configuration->plan("demo")->vars == Variables{{"a", "profile"}});
    CHECK(loaded.configuration->wants_circumstances());
    CHECK_FALSE(load("[[machines]]\narch = 'arm64'\nprofile = 'hold'").configuration->wants_circumstances());
}

TEST_CASE("mistakes in [[machines]] are told with their place") {
    using Messages = std::vector<std::string>;
    CHECK(messages("[[machines]]\nprofile = 'hold'") ==
          Messages{"1: machines[0]: no condition is set (arch, vendor_class, interface, circuit, mac_prefix); for all "
                   "machines that no host names, set dhcp.unknown_hosts to the profile"});
    CHECK(messages("[[machines]]\nmac_prefix = 'b8:c'\nprofile = 'hodl'") ==
          Messages{"2: machines[0].mac_prefix: \"b8:c\" is not the beginning of a MAC, as \"b8:ce:f6\" is",
                   "3: machines[0]: there is no profile \"hodl\"; did you mean \"hold\"?"});
    CHECK(messages("[[machines]]\narch = 'arm65'\nprofile = 'hold'") ==
          Messages{
              "2: machines[0].arch: \"arm65\" is not one of amd64, i386, arm64, armhf, riscv64, loong64 (did you mean "
              "\"arm64\"?)"});
    CHECK(
        messages("[[machines]]\narch = 'arm64'\nprofile = 'hold'\n[[machines]]\ninterface = 'e'\nprofile = 'local'") ==
        Messages{
            "4: machines[1]: a machine could fit this (interface e) and the one at h:1:1 (arch arm64), and neither "
            "is the more specific: add a condition to one of them"});
    CHECK(messages("[[machines]]\narch = 'arm64'\nprofile = 'linux'") ==
          Messages{"3: machines[0]: profile \"linux\" boots an image but names none: use one that inherits it and has "
                   "image = \"NAME\""});
}
