#include "profiles/k3s.hpp"

#include "profiles/kernel_line.hpp"
#include "profiles/load.hpp"
#include "tests/support/command_output.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace musterd;
using namespace musterd::profiles;

namespace {

Loaded loaded(const std::string& of_profile, const std::string& of_host, const std::string& built_in = "nixos") {
    return load_texts(
        {"/c/m.toml", ""},
        {{"/c/p.toml", "[profile.base]\ninherits = '" + built_in + "'\nimage = 'nixos'\n" + "[profile.base.k3s]\n" +
                           of_profile + "[profile.worker]\ninherits = 'base'\n"}},
        {{"/c/h.toml", "[[host]]\nname = 'w07'\nmac = 'b8:ce:f6:01:02:03'\nprofile = 'worker'\n" +
                           (of_host.empty() ? "" : "[host.k3s]\n" + of_host)}});
}

std::string config_of(const Loaded& result) {
    REQUIRE_MESSAGE(result.configuration, result.problems.render());
    const auto* host = result.configuration->host("w07");
    return k3s_config_of(*result.configuration->plan("worker"), host);
}

std::string problems(const std::string& of_profile, const std::string& of_host = {}) {
    const auto result = loaded(of_profile, of_host);
    return result.configuration ? "" : result.problems.render();
}

const std::string joins = "server = 'https://k3s.lan:6443'\n";

}  // namespace

TEST_CASE("golden: an agent's configuration, the host's table over its profile's") {
    const auto result =
        loaded(joins +
                   "labels = { 'rack.example/gpu' = 'v100', zone = 'a' }\n"
                   "taints = ['rack.example/new=true:NoSchedule']\n"
                   "options = { kubelet-arg = ['system-reserved=memory=2Gi'], lb-server-port = 6444 }\n",
               "node_ip = '10.0.0.17'\nlabels = { zone = 'b' }\noptions = { snapshotter = 'native' }\n");
    CHECK(config_of(result) ==
          "# K3s agent on w07, by musterd.\n"
          "server: \"https://k3s.lan:6443\"\n"
          "token-file: \"/run/musterd/token\"\n"
          "node-name: \"w07\"\n"
          "node-ip:\n  - \"10.0.0.17\"\n"
          "node-label:\n  - \"rack.example/gpu=v100\"\n  - \"zone=b\"\n"
          "node-taint:\n  - \"rack.example/new=true:NoSchedule\"\n"
          "kubelet-arg:\n  - \"system-reserved=memory=2Gi\"\n"
          "lb-server-port: \"6444\"\n"
          "snapshotter: \"native\"\n");
}

TEST_CASE("golden: the first of several servers, and one that is installed on a disk") {
    CHECK(config_of(loaded("role = 'server'\ncluster_init = true\n", "")) ==
          "# K3s server on w07, by musterd.\ncluster-init: \"true\"\nnode-name: \"w07\"\n");
    CHECK(config_of(loaded("role = 'server'\n" + joins, "node_name = 'cp-1'\n", "debian-install")) ==
          "# K3s server on w07, by musterd.\nserver: \"https://k3s.lan:6443\"\n"
          "token-file: \"/etc/rancher/k3s/token\"\nnode-name: \"cp-1\"\n");
}

TEST_CASE("PyYAML reads it as it was meant") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "k3s.yaml";
    std::ofstream(file) << config_of(loaded(joins + "options = { node-external-ip = ['a\"b', '${x}', 'c: d'] }\n", ""));
    CHECK(support::output_of("/usr/bin/python3 -c 'import yaml; print(yaml.safe_load(open(\"" + file.string() +
                             "\"))[\"node-external-ip\"])'") == "['a\"b', '${x}', 'c: d']\n");
}

TEST_CASE("a host without the table, or of no profile with one, gets no configuration") {
    const auto result =
        load_texts({"/c/m.toml", ""}, {{"/c/p.toml", "[profile.p]\ninherits = 'nixos'\nimage = 'i'\n"}},
                   {{"/c/h.toml", "[[host]]\nname = 'w07'\nmac = 'b8:ce:f6:01:02:03'\nprofile = 'p'\n"}});
    REQUIRE(result.configuration);
    CHECK(k3s_config_of(*result.configuration->plan("p"), result.configuration->host("w07")).empty());
}

TEST_CASE("a table that K3s could not start by is refused at its place") {
    struct Row {
        std::string table;
        std::string message;
    };
    for (const auto& row : std::vector<Row>{
             {"", "an agent needs a server to join"},
             {"servr = 'https://a:6443'\n", "did you mean \"server\"?"},
             {"server = 'k3s.lan'\n", "must be an URL as https://k3s.lan:6443"},
             {"server = 'https://a b'\n", "must be an URL"},
             {"role = 'master'\n", "role"},
             {"role = 'server'\ncluster_init = true\n" + joins, "which is it?"},
             {joins + "cluster_init = true\n", "cluster_init is for servers"},
             {joins + "token_file = 'token'\n", "must be an absolute path"},
             {joins + "labels = { 'node-role.kubernetes.io/worker' = '' }\n", "kubelet may not set"},
             {joins + "labels = { 'x.k8s.io/a' = '' }\n", "kubelet may not set"},
             {joins + "labels = { '-a' = '' }\n", "is not a label's key"},
             {joins + "labels = { 'A.example/a' = '' }\n", "is not a label's key"},
             {joins + "labels = { a = 'b c' }\n", "is not a label's value"},
             {joins + "labels = { a = '" + std::string(64, 'x') + "' }\n", "is not a label's value"},
             {joins + "taints = ['a=b']\n", "is not a taint"},
             {joins + "taints = ['a=b:NoSchedul']\n", "is not a taint"},
             {joins + "taints = [':NoSchedule']\n", "is not a taint"},
             {joins + "options = { token = 'K10' }\n", "is a secret, and has no place"},
             {joins + "options = { node-label = ['a=b'] }\n", "is said beside it"},
             {joins + "options = { 'a b' = 'c' }\n", "is no flag of K3s"},
         }) {
        CAPTURE(row.table);
        const auto text = problems(row.table);
        CAPTURE(text);
        CHECK(text.find(row.message) != std::string::npos);
        CHECK(text.find("K10") == std::string::npos);
    }
    CHECK(problems(joins +
                   "labels = { 'node.kubernetes.io/instance-type' = 'r640', 'kubernetes.io/os' = 'linux' }\n") == "");
    CHECK(problems("", joins) == "");
}
