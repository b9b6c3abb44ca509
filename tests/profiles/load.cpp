#include "profiles/load.hpp"

#include "profiles/kernel_line.hpp"

#include <doctest/doctest.h>

#include <stdlib.h>
#include <chrono>
#include <filesystem>
#include <fstream>

using namespace musterd;
using namespace musterd::profiles;
namespace fs = std::filesystem;

namespace {

class Scratch {
public:
    Scratch() {
        auto name = (fs::temp_directory_path() / "musterd-profiles-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
    }
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    void write(const std::string& path, const std::string& text) const {
        fs::create_directories((folder_ / path).parent_path());
        std::ofstream(folder_ / path) << text;
    }
    [[nodiscard]] fs::path at(const std::string& path) const { return folder_ / path; }

private:
    fs::path folder_;
};

const std::string worker = R"([profile.worker]
image = "nixos-worker@0123abcd"
args = ["console=ttyS0", "gpu={{vars.gpu}}"]
vars = { gpu = "none", rack = 7 }
)";

}  // namespace

TEST_CASE("no configuration at all means the defaults") {
    const Scratch scratch;
    const auto loaded = load(scratch.at("musterd.toml"), IfMissing::use_defaults);
    REQUIRE(loaded.configuration);
    CHECK(loaded.problems.empty());
    const auto& config = loaded.configuration->config();
    CHECK(config.data_dir == "/var/lib/musterd");
    CHECK(config.hosts == scratch.at("hosts.d"));
    CHECK(config.profiles == scratch.at("profiles.d"));
    CHECK(config.loaders == "/usr/share/musterd/loaders");
    CHECK(config.network.interfaces.empty());
    CHECK(config.network.http_port == 8080);
    CHECK(config.network.max_downloads == 512);
    CHECK(config.network.https_port == 8443);
    CHECK(config.dhcp.mode == DhcpMode::proxy);
    CHECK(config.dhcp.unknown_hosts == "ignore");
    CHECK_FALSE(config.tftp.single_port);
    CHECK(config.tftp.max_blksize == 65464);
    CHECK(config.tftp.max_windowsize == 64);
    CHECK(loaded.configuration->hosts().empty());
    CHECK(loaded.configuration->plan("linux") != nullptr);
    CHECK(loaded.configuration->plan("local")->action == Action::local);
    CHECK(loaded.configuration->plan("hold")->action == Action::hold);
}

TEST_CASE("an empty file is no configuration either") {
    const Scratch scratch;
    scratch.write("musterd.toml", "");
    CHECK(load(scratch.at("musterd.toml"), IfMissing::is_error).configuration != nullptr);
}

TEST_CASE("a file that was asked for by name must be there") {
    const Scratch scratch;
    const auto place = scratch.at("musterd.toml").string();
    const auto missing = load(place, IfMissing::is_error);
    CHECK(missing.configuration == nullptr);
    CHECK(missing.problems.render() == place + ": error: No such file or directory\n");
    fs::create_directory(place);
    CHECK(load(place, IfMissing::use_defaults).problems.render() == place + ": error: Is a directory\n");
}

TEST_CASE("every key of the main file is read, and relative paths are taken from its folder") {
    const Scratch scratch;
    scratch.write("musterd.toml", R"(data_dir = "state"
hosts = "nodes"
profiles = "../shared/./profiles"
loaders = "/srv/loaders"
[network]
interfaces = ["br-lab", "eth0.10"]
http_port = 80
max_downloads = 20
https_port = 443
[journal]
keep = "30d"
max_size = "64MiB"
[consoles]
syslog_port = 0
netconsole_port = 6667
[dhcp]
mode = "off"
unknown_hosts = "hold"
[tftp]
single_port = true
max_blksize = 1024
max_windowsize = 8
[api]
tls_cert = "server.crt"
tls_key = "/etc/server.key"
)");
    fs::create_directory(scratch.at("nodes"));
    fs::create_directories(scratch.at("../shared/profiles"));
    const auto loaded = load(scratch.at("musterd.toml"), IfMissing::is_error);
    CHECK(loaded.problems.render() == "");
    REQUIRE(loaded.configuration);
    const auto& config = loaded.configuration->config();
    CHECK(config.data_dir == scratch.at("state"));
    CHECK(config.hosts == scratch.at("nodes"));
    CHECK(config.profiles == scratch.at("").parent_path().parent_path() / "shared/profiles");
    CHECK(config.loaders == "/srv/loaders");
    CHECK(config.network.interfaces == std::vector<std::string>{"br-lab", "eth0.10"});
    CHECK(config.network.http_port == 80);
    CHECK(config.network.max_downloads == 20);
    CHECK(config.consoles.syslog_port == 0);
    CHECK(config.consoles.netconsole_port == 6667);
    CHECK(config.journal.keep == std::chrono::days(30));
    CHECK(config.journal.max_size == 64U << 20);
    CHECK(config.network.https_port == 443);
    CHECK(config.dhcp.mode == DhcpMode::off);
    CHECK(config.dhcp.unknown_hosts == "hold");
    CHECK(config.tftp.single_port);
    CHECK(config.tftp.max_blksize == 1024);
    CHECK(config.tftp.max_windowsize == 8);
    CHECK(config.api.tls_cert == scratch.at("server.crt"));
    CHECK(config.api.tls_key == "/etc/server.key");
    fs::remove_all(scratch.at("../shared"));
}

TEST_CASE("hosts and profiles come from every TOML file of their folders, and from nothing else") {
    const Scratch scratch;
    scratch.write("profiles.d/worker.toml", worker);
    scratch.write("hosts.d/a.toml", R"([[host]]
name = "r640"
mac = ["b8:ce:f6:01:02:03", "B8-CE-F6-01-02-04"]
uuid = "4c4c4544-0043-5810-8031-b3c04f333231"
serial = "7CX1B33"
profile = "worker"
vars = { gpu = "v100", spare = true }
)");
    scratch.write("hosts.d/b.toml",
                  "[[host]]\nname = \"node.lab\"\nmac = \"b8:ce:f6:01:02:05\"\nprofile = \"local\"\n");
    scratch.write("hosts.d/README", "not TOML at all [[[");
    scratch.write("hosts.d/.b.toml", "an editor's leavings");
    const auto loaded = load(scratch.at("musterd.toml"), IfMissing::use_defaults);
    CHECK(loaded.problems.render() == "");
    REQUIRE(loaded.configuration);

    const auto* host = loaded.configuration->host("r640");
    REQUIRE(host != nullptr);
    CHECK(host->macs ==
          std::vector<base::Mac>{*base::Mac::parse("b8:ce:f6:01:02:03"), *base::Mac::parse("b8:ce:f6:01:02:04")});
    CHECK(host->uuid->to_string() == "4c4c4544-0043-5810-8031-b3c04f333231");
    CHECK(host->serial == "7CX1B33");
    CHECK(host->vars == Variables{{"gpu", "v100"}, {"spare", "true"}});
    CHECK(host->where.file == scratch.at("hosts.d/a.toml").string());
    CHECK(host->where.line == 1);

    base::Machine machine;
    machine.mac = *base::Mac::parse("b8:ce:f6:01:02:04");
    const auto choice = loaded.configuration->plan_for(machine);
    REQUIRE(choice.host == host);
    CHECK(choice.plan->image == images::Reference{"nixos-worker", "0123abcd"});
    CHECK(kernel_arguments(*choice.plan, host, {machine.mac, "nixos-worker", ""}) ==
          std::vector<std::string>{"console=ttyS0", "gpu=v100"});
    CHECK(loaded.configuration->host("node.lab")->profile == "local");
}

TEST_CASE("a folder that the file names must be there, one that it does not name need not") {
    const Scratch scratch;
    const auto place = scratch.at("musterd.toml").string();
    scratch.write("musterd.toml", "hosts = \"nodes\"\n");
    CHECK(load(place, IfMissing::is_error).problems.render() ==
          place + ":1:9: error: read folder " + scratch.at("nodes").string() + ": No such file or directory\n" +
              "    hosts = \"nodes\"\n            ^\n");
}

TEST_CASE("a file of hosts that cannot be read is a problem like any other") {
    const Scratch scratch;
    fs::create_directories(scratch.at("hosts.d"));
    fs::create_symlink("nowhere", scratch.at("hosts.d/gone.toml"));
    const auto loaded = load(scratch.at("musterd.toml"), IfMissing::use_defaults);
    CHECK(loaded.configuration == nullptr);
    CHECK(loaded.problems.render() ==
          scratch.at("hosts.d/gone.toml").string() + ": error: No such file or directory\n");
}

TEST_CASE("ten thousand hosts load, and each is found") {
    std::string text;
    char line[200];
    for (int i = 0; i < 10'000; ++i) {
        std::snprintf(line, sizeof line,
                      "[[host]]\nname = \"n%d\"\nmac = [\"02:00:00:00:%02x:%02x\"]\nprofile = \"worker\"\n", i, i / 256,
                      i % 256);
        text += line;
    }
    const auto loaded = load_texts({"m", ""}, {{"p", worker}}, {{"h", text}});
    REQUIRE(loaded.configuration);
    for (unsigned i = 0; i < 10'000; ++i) {
        base::Machine machine;
        machine.mac = base::Mac({2, 0, 0, 0, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256)});
        const auto* host = loaded.configuration->match(machine);
        REQUIRE(host != nullptr);
        REQUIRE(host->name == "n" + std::to_string(i));
    }
}

TEST_CASE("the main file can be read alone, whatever hosts and profiles say") {
    const Scratch scratch;
    scratch.write("musterd.toml", "data_dir = 'state'\n[dhcp]\nunknown_hosts = 'nobody'\n");
    scratch.write("hosts.d/bad.toml", "[[host]]\nname = 1\n");
    const auto loaded = load_config(scratch.at("musterd.toml"), IfMissing::is_error);
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.problems.empty());
    CHECK(loaded.config->data_dir == scratch.at("state"));
    CHECK_FALSE(load(scratch.at("musterd.toml"), IfMissing::is_error).configuration);

    scratch.write("musterd.toml", "data_dir = 1\n");
    CHECK_FALSE(load_config(scratch.at("musterd.toml"), IfMissing::is_error).config.has_value());
    CHECK(load_config(scratch.at("none.toml"), IfMissing::use_defaults).config.has_value());
    CHECK_FALSE(load_config(scratch.at("none.toml"), IfMissing::is_error).config.has_value());
}
