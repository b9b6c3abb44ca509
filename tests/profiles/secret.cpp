#include "profiles/secret.hpp"

#include "profiles/documents.hpp"
#include "profiles/kernel_line.hpp"
#include "profiles/load.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::profiles;

namespace {

using Lines = std::vector<std::string>;

/// Profiles stand in /c/profiles.d/p.toml, the host in /c/hosts.d/h.toml, its profile's document is
/// /c/profiles.d/d.yaml.
Loaded loaded(const std::string& profile_keys, const std::string& host_keys, const std::string& document = "a: b\n",
              const std::string& main = {}) {
    const auto profile = "[profile.p]\nimage = 'i'\nuser_data = 'd.yaml'\n" + profile_keys;
    const auto host = "[[host]]\nname = 'h'\nmac = 'b8:ce:f6:01:02:03'\nprofile = 'p'\n" + host_keys;
    return load_texts({"/c/musterd.toml", main}, {{"/c/profiles.d/p.toml", profile}}, {{"/c/hosts.d/h.toml", host}},
                      {{"/c/profiles.d/d.yaml", "#cloud-config\n" + document}});
}

Lines shown(const Loaded& loaded) {
    Lines lines;
    for (const auto& [where, severity, message] : loaded.problems.sorted()) {
        lines.push_back(where.file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": " +
                        message);
    }
    return lines;
}

struct Row {
    std::string text;
    std::string problem;
};

}  // namespace

TEST_CASE(
    "secrets come from files beside the one that names them and from commands; a host's go before its profile's") {
    const auto result =
        loaded("secrets = { join = { command = ['sops', '-d', 'k.yaml'] }, wifi = { file = 'w' } }\n",
               "secrets.wifi = { file = '../own/w' }\n",
               "k: {{secret.join | yaml}}\n{{#if secret.wifi}}\nw: {{ secret.wifi | base64 }}\n{{/if}}\n");
    CHECK(shown(result) == Lines{});
    REQUIRE(result.configuration);
    const auto& host = result.configuration->hosts().front();
    const auto& plan = *result.configuration->plan("p");
    const auto secrets = secrets_of(plan, &host);
    REQUIRE(secrets.size() == 2);
    CHECK(secrets.at("join").source == SecretSource{{}, {"sops", "-d", "k.yaml"}, "/c/profiles.d"});
    CHECK(secrets.at("wifi").source == SecretSource{"/c/own/w", {}, {}});
    CHECK(to_string(secrets.at("join").source) == "command sops");
    CHECK(secrets_of(plan, nullptr).empty());
    CHECK(documents(*result.configuration).contains("/c/own/w"));
    BootFacts facts;
    facts.secrets = {{"join", "a\"b\n"}, {"wifi", "x"}};
    const auto text =
        plan.seed.user_data->front()->render([&](auto name) { return value_of(name, plan, &host, facts); });
    CHECK(text == "#cloud-config\nk: \"a\\\"b\\n\"\nw: eA==\n");
    CHECK(hidden(secrets) == SecretTexts{{"join", "«secret»"}, {"wifi", "«secret»"}});
}

TEST_CASE("what is wrong with a table of secrets is told with its place") {
    const std::vector<Row> rows = {
        {"secrets = 'x'", "5:11: host[0].secrets: expected named tables: write [host[0].secrets.NAME]"},
        {"secrets.a = 'x'", "5:13: host[0].secrets.a: expected a table"},
        {"secrets.a = {}",
         "5:13: host[0].secrets.a: comes from nowhere: file = \"PATH\", or command = [\"PROGRAM\", "
         "\"ARGUMENT\"]"},
        {"secrets.a = { file = 'x', command = 'y' }",
         "5:13: host[0].secrets.a: has both \"file\" and \"command\": one of them"},
        {"secrets.a = { fiel = 'x', command = 'y' }",
         "5:15: host[0].secrets.a.fiel: unknown key; did you mean \"file\"?"},
        {"secrets.a = { file = '' }", "5:22: host[0].secrets.a.file: must not be empty"},
        {"secrets.a = { file = \"x\\u0000\" }", "5:22: host[0].secrets.a.file: holds a NUL"},
        {"secrets.a = { command = [] }", "5:25: host[0].secrets.a.command: names no program"},
        {"secrets.a = { command = ['x', \"\\u0000\"] }", "5:25: host[0].secrets.a.command: holds a NUL"},
        {"secrets.a = { command = ['x', 1] }", "5:31: host[0].secrets.a.command[1]: expected a string"},
        {"secrets.a = { command = 'sops -d x' }",
         "5:25: host[0].secrets.a.command: is run without a shell: write program and arguments as in [\"sops\", "
         "\"-d\", "
         "\"a.yaml\"]"},
        {"secrets.'a b' = { file = 'x' }",
         "5:17: host[0].secrets.a b: \"a b\" is not a name: letters, digits, '_' and '-'"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(shown(loaded("", row.text)) == Lines{"/c/hosts.d/h.toml:" + row.problem});
    }
}

TEST_CASE("a secret is refused where it could be seen or could get out of its place") {
    const std::string keys = "secrets.a = { file = 'x' }\n";
    const std::string cure =
        "has no place on a kernel line, which every program of the machine can read: use it in a document, or read it "
        "from /.initrd-secrets/run/musterd";
    CHECK(shown(loaded("args = ['k={{secret.a}}', '{{identity.ssh_key}}']\n" + keys, "")) ==
          Lines{"/c/profiles.d/p.toml:4:14: profile.p.args: \"secret.a\" " + cure,
                "/c/profiles.d/p.toml:4:30: profile.p.args: \"identity.ssh_key\" " + cure});
    CHECK(shown(loaded(keys, "", "k: {{secret.a}}\n")) ==
          Lines{"/c/profiles.d/d.yaml:2:6: \"secret.a\" needs a filter, which keeps it in its place whatever is in it, "
                "as in {{secret.a | yaml}}"});
    CHECK(shown(loaded("secrets.abc = { file = 'x' }\n", "", "k: {{secret.abd | yaml}}\n")) ==
          Lines{"/c/hosts.d/h.toml:1:1: host[0]: secret.abd is not among its \"secrets\", and profile \"p\" uses it at "
                "/c/profiles.d/d.yaml:2:6; did you mean \"secret.abc\"?"});
    CHECK(shown(loaded(keys, "", "k: {{#each secret.a}}{{this}}{{/each}}\n")) ==
          Lines{"/c/profiles.d/d.yaml:2:12: \"secret.a\" is one text, not a list"});
}

TEST_CASE("machines that no host names are given no secrets") {
    CHECK(shown(loaded("secrets.a = { file = 'x' }\n", "", "k: {{secret.a | yaml}}\n",
                       "[dhcp]\nunknown_hosts = 'p'\n")) ==
          Lines{"/c/musterd.toml:2:17: dhcp.unknown_hosts: machines that no host names have no secrets, and profile "
                "\"p\" uses secret.a at /c/profiles.d/d.yaml:2:6"});
}

TEST_CASE("of what was read only a text is a secret, without the line break at its end") {
    CHECK(*secret_text("a b\n") == "a b");
    CHECK(*secret_text("a\n\n") == "a\n");
    CHECK(*secret_text("a\r\n") == "a");
    CHECK(secret_text("").error().message() == "is empty");
    CHECK(secret_text("\n").error().message() == "is empty");
    CHECK(secret_text(std::string("a\0b", 3)).error().message() ==
          "holds a NUL: it is no text; encode it, as in base64");
    CHECK(secret_text("\xff").error().message() == "is no text in UTF-8; encode it, as in base64");
    CHECK(secret_text(std::string((64 << 10) + 1, 'a')).error().message() == "is larger than 64 KiB");
}
