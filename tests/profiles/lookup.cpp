#include "profiles/lookup.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::profiles;

namespace {

base::Mac mac(const char* text) {
    return *base::Mac::parse(text);
}
base::Uuid uuid(const char* text) {
    return *base::Uuid::parse(text);
}

std::vector<Host> rack() {
    std::vector<Host> hosts(3);
    hosts[0].name = "zed";
    hosts[0].macs = {mac("02:00:00:00:00:01"), mac("02:00:00:00:00:02")};
    hosts[0].profile = "worker";
    hosts[1].name = "board";
    hosts[1].uuid = uuid("00112233-4455-6677-8899-aabbccddeeff");
    hosts[1].profile = "local";
    hosts[2].name = "dell";
    hosts[2].serial = "7CX1b33";
    hosts[2].profile = "hold";
    return hosts;
}

Configuration with(const std::string& unknown_hosts) {
    Config config;
    config.dhcp.unknown_hosts = unknown_hosts;
    std::map<std::string, Plan, std::less<>> plans;
    plans["worker"] = {"worker", Action::boot, images::Reference{"nixos", ""}, {}, {}};
    plans["local"] = {"local", Action::local, {}, {}, {}};
    plans["hold"] = {"hold", Action::hold, {}, {}, {}};
    return Configuration(config, rack(), plans);
}

base::Machine machine(const char* address) {
    base::Machine machine;
    machine.mac = mac(address);
    return machine;
}

}  // namespace

TEST_CASE("a machine is matched by any MAC, by its UUID in either byte order, and by its serial in any case") {
    const auto configuration = with("ignore");
    CHECK(configuration.plan_for(machine("02:00:00:00:00:01")).reason == "host \"zed\" by MAC");
    CHECK(configuration.match(machine("02:00:00:00:00:02"))->name == "zed");

    auto stranger = machine("02:00:00:00:00:09");
    CHECK(configuration.match(stranger) == nullptr);
    stranger.uuid = uuid("00112233-4455-6677-8899-aabbccddeeff");
    CHECK(configuration.match(stranger)->name == "board");
    stranger.uuid = uuid("33221100-5544-7766-8899-aabbccddeeff");
    CHECK(configuration.plan_for(stranger).reason == "host \"board\" by UUID");
    stranger.uuid = uuid("00112233-4455-6677-8899-aabbccddee00");
    CHECK(configuration.match(stranger) == nullptr);
    stranger.serial = "7cx1B33";
    CHECK(configuration.plan_for(stranger).reason == "host \"dell\" by serial");
}

TEST_CASE("the MAC counts more than the UUID, and the UUID more than the serial") {
    const auto configuration = with("ignore");
    auto odd = machine("02:00:00:00:00:01");
    odd.uuid = uuid("00112233-4455-6677-8899-aabbccddeeff");
    odd.serial = "7CX1b33";
    CHECK(configuration.match(odd)->name == "zed");
    odd.mac = mac("02:00:00:00:00:09");
    CHECK(configuration.match(odd)->name == "board");
}

TEST_CASE("a host has its profile's plan") {
    const auto configuration = with("ignore");
    const auto choice = configuration.plan_for(machine("02:00:00:00:00:01"));
    REQUIRE(choice.host != nullptr);
    REQUIRE(choice.plan != nullptr);
    CHECK(choice.plan == configuration.plan("worker"));
    CHECK(choice.plan->action == Action::boot);
}

TEST_CASE("a machine that no host names does what unknown_hosts says") {
    const auto stranger = machine("02:00:00:00:00:09");
    const auto ignored = with("ignore");
    CHECK(ignored.plan_for(stranger).host == nullptr);
    CHECK(ignored.plan_for(stranger).plan == nullptr);
    CHECK(ignored.plan_for(stranger).reason == "no host has MAC 02:00:00:00:00:09; dhcp.unknown_hosts is \"ignore\"");
    const auto held = with("hold");
    CHECK(held.plan_for(stranger).plan->action == Action::hold);
    const auto booted = with("worker");
    CHECK(booted.plan_for(stranger).plan->profile == "worker");
    CHECK(booted.plan_for(stranger).host == nullptr);
}

TEST_CASE("hosts are listed by name and found by it") {
    const auto configuration = with("ignore");
    std::vector<std::string> names;
    for (const auto& host : configuration.hosts()) {
        names.push_back(host.name);
    }
    CHECK(names == std::vector<std::string>{"board", "dell", "zed"});
    CHECK(configuration.host("dell")->serial == "7CX1b33");
    CHECK(configuration.host("del") == nullptr);
    CHECK(configuration.host("zee") == nullptr);
    CHECK(configuration.plan("bluefield") == nullptr);
}
