#include "profiles/seed_files.hpp"

#include "profiles/documents.hpp"
#include "profiles/kernel_line.hpp"
#include "profiles/load.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::profiles;

namespace {

const std::string worker = "[profile.worker]\nimage = 'i'\nuser_data = ['worker.yaml', '../common/ssh.yaml']\n";

/// Profiles stand in /etc/musterd/profiles.d, hosts in /etc/musterd/hosts.d.
Loaded loaded(const std::string& profiles, const std::string& host_keys, const std::vector<SourceText>& documents) {
    const auto host = "[[host]]\nname = 'r640'\nmac = 'b8:ce:f6:01:02:03'\nprofile = 'worker'\n" + host_keys;
    return load_texts({"/etc/musterd/musterd.toml", ""}, {{"/etc/musterd/profiles.d/p.toml", profiles}},
                      {{"/etc/musterd/hosts.d/h.toml", host}}, documents);
}

std::vector<std::string> shown(const Loaded& loaded) {
    std::vector<std::string> lines;
    for (const auto& [where, severity, message] : loaded.problems.sorted()) {
        lines.push_back(where.file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": " +
                        message);
    }
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("documents are found beside the file that names them, a host's beside its own") {
    const auto result = loaded(worker, "user_data = 'r640.sh'\nnetwork_config = '/srv/net.yaml'\n",
                               {{"/etc/musterd/profiles.d/worker.yaml", "#cloud-config\na: {{host.name}}\n"},
                                {"/etc/musterd/common/ssh.yaml", "#cloud-config\n"},
                                {"/etc/musterd/hosts.d/r640.sh", "#!/bin/sh\n"},
                                {"/srv/net.yaml", "version: 2\n"}});
    CHECK(shown(result) == Lines{});
    REQUIRE(result.configuration);
    CHECK(documents(*result.configuration) ==
          std::set<std::string>{"/etc/musterd/common/ssh.yaml", "/etc/musterd/hosts.d/r640.sh",
                                "/etc/musterd/profiles.d/worker.yaml", "/srv/net.yaml"});
    const auto& plan = *result.configuration->plan("worker");
    const auto& host = result.configuration->hosts().front();
    REQUIRE(plan.seed.user_data.value().size() == 2);
    CHECK(plan.seed.user_data->front()->file == "/etc/musterd/profiles.d/worker.yaml");
    CHECK(plan.seed.user_data->front()->media_type == "text/cloud-config");
    CHECK(plan.seed.user_data->back()->file == "/etc/musterd/common/ssh.yaml");
    REQUIRE(host.seed.user_data.value().size() == 1);
    CHECK(host.seed.user_data->front()->media_type == "text/x-shellscript");
    CHECK(host.seed.network_config->media_type.empty());
    const BootFacts facts{host.macs.front(), "i", "d", "01ID", "http://s/boot/01ID"};
    CHECK(plan.seed.user_data->front()->render([&](auto name) -> std::optional<Template::Value> {
        return value_of(name, plan, &host, facts);
    }) == "#cloud-config\na: r640\n");
}

TEST_CASE("a profile that names documents replaces those that it inherits, one that does not keeps them") {
    const std::string base = "[profile.base]\nimage = 'i'\nuser_data = 'base.yaml'\nvendor_data = 'vendor.yaml'\n";
    const std::vector<SourceText> documents{{"/etc/musterd/profiles.d/base.yaml", "#cloud-config\n"},
                                            {"/etc/musterd/profiles.d/own.yaml", "#cloud-config\n"},
                                            {"/etc/musterd/profiles.d/vendor.yaml", "#cloud-config\n"}};
    const auto own = loaded(base + "[profile.worker]\ninherits = 'base'\nuser_data = 'own.yaml'\n", "", documents);
    REQUIRE(own.configuration);
    const auto& seed = own.configuration->plan("worker")->seed;
    REQUIRE(seed.user_data.value().size() == 1);
    CHECK(seed.user_data->front()->file == "/etc/musterd/profiles.d/own.yaml");
    CHECK(seed.vendor_data.value().size() == 1);
    const auto none = loaded(base + "[profile.worker]\ninherits = 'base'\nuser_data = []\n", "", documents);
    REQUIRE(none.configuration);
    CHECK(none.configuration->plan("worker")->seed.user_data.value().empty());
}

TEST_CASE("what is wrong with a document is told with its place") {
    const std::string file = "/etc/musterd/profiles.d/worker.yaml";
    const std::string profile = "[profile.worker]\nimage = 'i'\nuser_data = 'worker.yaml'\n";
    const std::string named = "/etc/musterd/profiles.d/p.toml:3:13: profile.worker.user_data: " + file + " ";
    struct Row {
        std::string text;
        Lines problems;
    };
    const std::vector<Row> rows = {
        {"#cloud-config\na: {{host.nmae}}\n", {file + ":2:6: there is no \"host.nmae\"; did you mean \"host.name\"?"}},
        {"#cloud-config\n\n  b: {{host.name\n", {file + ":3:6: {{ without }}"}},
        {"#cloud-config\na: {{vars.gpu}}\n",
         {"/etc/musterd/hosts.d/h.toml:1:1: host[0]: vars.gpu is not set, and profile \"worker\" uses it at " + file +
          ":2:6"}},
        {"autoinstall: {}\n",
         {named + "starts with no line that cloud-init knows, which would ignore it: #cloud-config, #!/bin/sh, "
                  "#cloud-boothook, #include, #cloud-config-archive, #part-handler or ## template: jinja"}},
        {"#cloud-config\n\xff\n", {named + "is not a text in UTF-8"}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto result = loaded(profile, "", {{file, row.text}});
        CHECK(result.configuration == nullptr);
        CHECK(shown(result) == row.problems);
    }
    CHECK(shown(loaded(profile, "", {})) == Lines{named + "cannot be read: No such file or directory"});
}

TEST_CASE("a document that two profiles name is read once, and its mistake is told once") {
    const std::string profiles =
        "[profile.worker]\nimage = 'i'\nuser_data = 'x.yaml'\n"
        "[profile.other]\nimage = 'i'\nuser_data = 'x.yaml'\n";
    CHECK(shown(loaded(profiles, "", {{"/etc/musterd/profiles.d/x.yaml", "#cloud-config\n{{no}}\n"}})).size() == 1);
}

TEST_CASE("a line break in a variable cannot make lines of a document") {
    const std::string profile = "[profile.worker]\nimage = 'i'\nuser_data = 'w.yaml'\n";
    const auto result = loaded(profile, "vars = { motto = \"a\\nruncmd: [reboot]\" }\n",
                               {{"/etc/musterd/profiles.d/w.yaml", "#cloud-config\nm: \"{{vars.motto}}\"\n"}});
    CHECK(shown(result) == Lines{"/etc/musterd/hosts.d/h.toml:5:8: host[0]: vars.motto holds a line break, and no "
                                 "filter, as in {{vars.motto | yaml}}, keeps it in its place at "
                                 "/etc/musterd/profiles.d/w.yaml:2:7"});
    CHECK(shown(loaded(profile, "vars = { motto = \"a\\nb\" }\n",
                       {{"/etc/musterd/profiles.d/w.yaml", "#cloud-config\nm: {{vars.motto | yaml}}\n"}})) == Lines{});
}

TEST_CASE("cloud-init's own templates are left to cloud-init") {
    const std::string profile = "[profile.worker]\nimage = 'i'\nuser_data = 'w.yaml'\n";
    const std::string text = "## template: jinja\n#cloud-config\na: {{ v1.instance_id | upper }}\n";
    const auto result = loaded(profile, "", {{"/etc/musterd/profiles.d/w.yaml", text}});
    REQUIRE(result.configuration);
    const auto& part = result.configuration->plan("worker")->seed.user_data->front();
    CHECK(part->media_type == "text/jinja2");
    CHECK(part->render([](auto) -> std::optional<Template::Value> { return std::string("?"); }) == text);
}

TEST_CASE("the type of a part is told by its first line") {
    CHECK(cloud_init_type("#cloud-config\n") == "text/cloud-config");
    CHECK(cloud_init_type("#cloud-config-archive\n") == "text/cloud-config-archive");
    CHECK(cloud_init_type("#!/usr/bin/env python3\n") == "text/x-shellscript");
    CHECK(cloud_init_type("#include-once\nhttp://x\n") == "text/x-include-once-url");
    CHECK(cloud_init_type("#include\nhttp://x\n") == "text/x-include-url");
    CHECK(cloud_init_type("#cloud-boothook\n") == "text/cloud-boothook");
    CHECK(cloud_init_type("#part-handler\n") == "text/part-handler");
    CHECK(cloud_init_type("# cloud-config\n").empty());
    CHECK(cloud_init_type("").empty());
}
