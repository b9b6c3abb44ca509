// deploy/examples, which people copy.
#include "profiles/kernel_line.hpp"
#include "profiles/load.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::profiles;

TEST_CASE("the example of a rack is good, and says what each of its machines does") {
    const std::filesystem::path folder = MUSTERD_EXAMPLES;
    const auto loaded = load(folder / "musterd.toml", IfMissing::is_error);
    CHECK(loaded.problems.render() == "");
    REQUIRE(loaded.configuration);
    const auto& configuration = *loaded.configuration;
    const auto profile_of = [&configuration](const char* mac, std::string arch) {
        base::Machine machine;
        machine.mac = *base::Mac::parse(mac);
        machine.arch = std::move(arch);
        const auto choice = configuration.plan_for(machine);
        return choice.plan == nullptr ? std::string("ignored") : choice.plan->profile;
    };
    CHECK(profile_of("b8:ce:f6:01:02:02", "amd64") == "nixos-worker");
    CHECK(profile_of("b8:ce:f6:0d:01:01", "arm64") == "local");
    CHECK(profile_of("52:54:00:aa:bb:cc", "amd64") == "hold");
    CHECK(profile_of("dc:a6:32:aa:bb:cc", "arm64") == "local");
    CHECK(profile_of("02:00:00:00:00:01", "amd64") == "ignored");

    const auto* vm = configuration.host("vm-1");
    REQUIRE(vm != nullptr);
    const auto& plan = *configuration.plan(vm->profile);
    CHECK(plan.seed.user_data->front()->render([&](auto name) { return value_of(name, plan, vm, {}); }) ==
          "#cloud-config\nssh_authorized_keys:\n"
          "  - \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDK4h5NfAJyREKIL9uGb0Nkx7fM69khtjgjgfHLzJ3rV you@laptop\"\n"
          "write_files:\n  - path: /etc/rack-role\n    content: \"build\"\n");
    const auto* node = configuration.host("r640-1");
    CHECK(k3s_config_of(*configuration.plan(node->profile), node).find("rack.example/row=a") != std::string::npos);
    CHECK(configuration.plan("debian-server")->installs);
    CHECK(kernel_arguments(*configuration.plan("nixos-worker-debug"), node, {}).back() == "boot.trace");
}
