// How firmware is served: loaders, Secure Boot, iPXE, boot from disk and leases, read and laid over each other.
#include "profiles/load.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::profiles;

namespace {

std::vector<std::string> shown(const Loaded& loaded) {
    std::vector<std::string> lines;
    for (const auto& [where, severity, message] : loaded.problems.sorted()) {
        lines.push_back(where.file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": " +
                        (severity == base::Severity::error ? "" : "warning: ") + message);
    }
    return lines;
}

/// A host that boots an image, with these keys.
Loaded with_host(const std::string& keys, const std::string& main = {}, const std::string& profile_keys = {}) {
    return load_texts({"m", main}, {{"p", "[profile.w]\nimage = 'i'\n" + profile_keys}},
                      {{"h", "[[host]]\nname = 'a'\nmac = '02:00:00:00:00:01'\nprofile = 'w'\n" + keys}});
}

base::Machine machine() {
    base::Machine machine;
    machine.mac = *base::Mac::parse("02:00:00:00:00:01");
    return machine;
}

}  // namespace

TEST_CASE("what host, profile, vendor class and [dhcp] say of firmware is laid over each other in this order") {
    const auto loaded = with_host("loaders = { x64 = 'host.efi' }\nlocal_boot = 'none'", R"(
[dhcp]
socket = "dedicated"
relays = ["10.56.0.0/24", "10.57.0.0/16"]
loaders = { x64 = "all.efi", bios = "all.kpxe", arm64 = "all64.efi", ia32 = "all32.efi" }
secure_boot = "off"
ipxe = "chain"
local_boot = "exit"
[[dhcp.class]]
prefix = "NVIDIA"
loaders = { arm64 = "card.efi" }
[[dhcp.class]]
prefix = "NVIDIA/BF/PXE"
transport = "http"
loaders = { x64 = "class.efi", arm64 = "bluefield.efi" }
reply_class = "PXEClient"
)",
                                  "loaders = { x64 = 'profile.efi', bios = 'profile.kpxe' }\nsecure_boot = 'on'\n"
                                  "option43 = 'direct'");
    REQUIRE(loaded.configuration);
    const auto& configuration = *loaded.configuration;
    const auto choice = configuration.plan_for(machine());
    const auto card = configuration.firmware_for(choice, "NVIDIA/BF/PXE:Arch:00011");
    CHECK(card.loaders ==
          FirmwareChoices{
              {{"x64", "host.efi"}, {"bios", "profile.kpxe"}, {"arm64", "bluefield.efi"}, {"ia32", "all32.efi"}},
              {},
              {},
              {},
              {},
              {}}
              .loaders);
    CHECK(card.secure_boot == SecureBoot::on);
    CHECK(card.ipxe == IpxeStart::chain);
    CHECK(card.local_boot == LocalBoot::silence);
    CHECK(card.option43 == DiscoveryOption::direct);
    CHECK(card.reply_class == "PXEClient");
    CHECK(configuration.firmware_for(choice, "NVIDIA/other").loaders.at("arm64") == "card.efi");
    CHECK(configuration.firmware_for(choice, "PXEClient").loaders.at("arm64") == "all64.efi");
    CHECK(configuration.firmware_for(choice, "PXEClient").reply_class.empty());
    REQUIRE(configuration.vendor_class("NVIDIA/BF/PXE"));
    CHECK(configuration.vendor_class("NVIDIA/BF/PXE")->http);
    CHECK(configuration.vendor_class("nvidia") == nullptr);
    CHECK(configuration.config().dhcp.socket == DhcpSocket::dedicated);
    CHECK(configuration.config().dhcp.relays.at(1).to_string() == "10.57.0.0/16");
    CHECK(configuration.wants_unicast());
}

TEST_CASE("nothing said about firmware is nothing set, and asks for no more sockets") {
    const auto loaded = with_host("");
    REQUIRE(loaded.configuration);
    const auto choice = loaded.configuration->plan_for(machine());
    CHECK(loaded.configuration->firmware_for(choice, "PXEClient") == FirmwareChoices{});
    CHECK_FALSE(loaded.configuration->wants_unicast());
    CHECK_FALSE(choice.host->lease);
}

TEST_CASE("a host with an address has a lease of ours") {
    const auto loaded = with_host(
        "address = '10.0.0.7/24'\ngateway = '10.0.0.1'\ndns = ['10.0.0.1', '9.9.9.9']\n"
        "lease = '1h30m'");
    REQUIRE(loaded.configuration);
    const auto& lease = loaded.configuration->hosts().front().lease;
    REQUIRE(lease);
    CHECK(lease->address.to_string() == "10.0.0.7/24");
    CHECK(lease->gateway->to_string() == "10.0.0.1");
    CHECK(lease->dns.at(1).to_string() == "9.9.9.9");
    CHECK(lease->duration == std::chrono::minutes(90));
    CHECK(loaded.configuration->wants_unicast());
}

TEST_CASE("problems of leases and of what is said about firmware") {
    const struct {
        std::string keys;
        std::vector<std::string> problems;
    } rows[] = {
        {"address = '10.0.0.7'",
         {"h:5:11: host[0].address: \"10.0.0.7\" is not an address with its prefix length (expected 10.0.0.7/24)"}},
        {"address = '10.0.0.0/24'",
         {"h:5:11: host[0].address: \"10.0.0.0/24\" is not the address of a host in a network of /8 to /32"}},
        {"address = '10.0.0.255/24'",
         {"h:5:11: host[0].address: \"10.0.0.255/24\" is not the address of a host in a network of /8 to /32"}},
        {"address = '10.0.0.7/4'",
         {"h:5:11: host[0].address: \"10.0.0.7/4\" is not the address of a host in a network of /8 to /32"}},
        {"address = '10.0.0.7/24'\ngateway = '10.0.1.1'",
         {"h:6:11: host[0].gateway: 10.0.1.1 is not in the host's network 10.0.0.0/24"}},
        {"address = '10.0.0.7/24'\ngateway = '10.0.0.7'", {"h:6:11: host[0].gateway: is the host's own address"}},
        {"address = '10.0.0.7/24'\ndns = 'dns.example'",
         {"h:6:7: host[0].dns: \"dns.example\" is not the IPv4 address of a host"}},
        {"address = '10.0.0.7/24'\nlease = '5s'",
         {"h:6:9: host[0].lease: \"5s\" is not between 1m and 8760h (a year)"}},
        {"gateway = '10.0.0.1'",
         {"h:5:11: host[0].gateway: has no effect without \"address\": the LAN's DHCP server gives it then"}},
        {"loaders = { x46 = 'a.efi' }",
         {"h:5:11: host[0].loaders: there is no \"x46\", did you mean \"x64\"?; known are bios, ia32, x64, arm32, "
          "arm64, riscv64, loong64, rpi"}},
        {"loaders = { x64 = '../a.efi' }",
         {"h:5:11: host[0].loaders: \"../a.efi\" is not the name of a file in the loaders' folder: relative, without "
          "\"..\" and blanks, at most 127 characters"}},
        {"secure_boot = 'yes'", {"h:5:15: host[0].secure_boot: \"yes\" is not one of auto, on, off"}},
        {"local_boot = 'exit '",
         {"h:5:14: host[0].local_boot: \"exit \" is not one of auto, exit, sanboot, chain, none (did you mean "
          "\"exit\"?)"}},
        {"reply_class = ''",
         {"h:5:15: host[0].reply_class: must be \"echo\", \"PXEClient\" or another class of printable ASCII, 1 to 255 "
          "characters"}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.keys);
        const auto loaded = with_host(row.keys);
        CHECK(loaded.configuration == nullptr);
        CHECK(shown(loaded) == row.problems);
    }
}

TEST_CASE("problems of relays and vendor classes") {
    const struct {
        std::string main;
        std::vector<std::string> problems;
    } rows[] = {
        {"[dhcp]\nrelays = ['10.56.0.0']",
         {"m:2:10: dhcp.relays: \"10.56.0.0\" is not an address with its prefix length (expected 10.0.0.7/24)"}},
        {"[dhcp]\nrelays = ['0.0.0.0/0']", {"m:2:10: dhcp.relays: \"0.0.0.0/0\" is too wide: /8 to /32"}},
        {"[[dhcp.class]]\nreply_class = 'echo'", {"m:1:1: dhcp.class[0]: \"prefix\" is missing"}},
        {"[[dhcp.class]]\nprefix = 'a'\n[[dhcp.class]]\nprefix = 'a'",
         {"m:4:10: dhcp.class[1].prefix: there is another class with the prefix \"a\""}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.main);
        CHECK(shown(load_texts({"m", row.main}, {}, {})) == row.problems);
    }
}

TEST_CASE("two hosts must not have one address") {
    const auto loaded = load_texts({"m", ""}, {}, {{"h", R"([[host]]
name = "a"
serial = "1"
profile = "local"
address = "10.0.0.7/24"
[[host]]
name = "b"
serial = "2"
profile = "local"
address = "10.0.0.7/16"
)"}});
    CHECK(shown(loaded) ==
          std::vector<std::string>{"h:10:11: host[1]: address 10.0.0.7 is taken by host \"a\" at h:5:11"});
}

TEST_CASE("hosts that insist on Secure Boot are warned of, unless their lease is ours or they boot from disk") {
    const auto said = shown(with_host("secure_boot = 'on'"));
    REQUIRE(said.size() == 1);
    CHECK(
        said.front().starts_with("h:1:1: warning: host[0]: secure_boot is \"on\" and the host has no address of "
                                 "ours: signed GRUB asks"));
    CHECK(said.front().find("next-server=S") != std::string::npos);
    CHECK(shown(with_host("", {}, "secure_boot = 'on'")).size() == 1);
    CHECK(shown(with_host("", "[dhcp]\nsecure_boot = 'on'")).size() == 1);
    CHECK(shown(with_host("secure_boot = 'on'\naddress = '10.0.0.7/24'")).empty());
    CHECK(shown(with_host("secure_boot = 'auto'", {}, "secure_boot = 'on'")).empty());
}
