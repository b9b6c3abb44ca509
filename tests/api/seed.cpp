#include "server/api/seed.hpp"

#include "profiles/load.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using api::SeedDocument;

namespace {

/// A configuration of one host "r640" of profile "worker", which is an ubuntu; documents stand beside the files.
class TestSeed {
public:
    explicit TestSeed(const std::string& profile_keys = {}, const std::string& host_keys = {},
                      const std::vector<std::pair<std::string, std::string>>& documents = {}) {
        std::vector<profiles::SourceText> texts;
        for (const auto& [name, text] : documents)
            texts.push_back({"/c/" + name, text});
        loaded_ = profiles::load_texts(
            {"/c/m.toml", ""},
            {{"/c/p.toml", "[profile.worker]\ninherits = 'ubuntu'\nimage = 'noble'\n" + profile_keys}},
            {{"/c/h.toml", "[[host]]\nname = 'r640'\nmac = 'b8:ce:f6:01:02:03'\nprofile = 'worker'\n" + host_keys}},
            texts);
        REQUIRE_MESSAGE(loaded_.configuration, loaded_.problems.render());
        const auto& host = loaded_.configuration->hosts().front();
        facts_ = {"r640", &host, loaded_.configuration->plan("worker"), {}};
        facts_.boot = {host.macs.front(), "noble", std::string(64, 'd'), "01ARYZ6S41TSV4RRFFQ69G5FAV",
                       "http://10.0.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV"};
    }
    [[nodiscard]] const api::SeedFacts& facts() const { return facts_; }
    [[nodiscard]] std::string text(SeedDocument document) const { return api::seed_text(document, facts_); }

private:
    profiles::Loaded loaded_;
    api::SeedFacts facts_;
};

}  // namespace

TEST_CASE("a seed's documents are those four") {
    CHECK(api::seed_document("meta-data") == SeedDocument::meta_data);
    CHECK(api::seed_document("user-data") == SeedDocument::user_data);
    CHECK(api::seed_document("vendor-data") == SeedDocument::vendor_data);
    CHECK(api::seed_document("network-config") == SeedDocument::network_config);
    for (const auto* other : {"", "user_data", "userdata", "user-data/", "META-DATA"})
        CHECK_FALSE(api::seed_document(other));
}

TEST_CASE("golden: a seed to which nobody adds anything") {
    const TestSeed seed;
    CHECK(seed.text(SeedDocument::meta_data) ==
          "instance-id: \"r640-01ARYZ6S41TSV4RRFFQ69G5FAV\"\nlocal-hostname: \"r640\"\n");
    CHECK(seed.text(SeedDocument::user_data) ==
          "#cloud-config\n"
          "hostname: \"r640\"\n"
          "phone_home:\n"
          "  url: \"http://10.0.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/up\"\n"
          "  post: [instance_id, hostname, fqdn]\n"
          "  tries: 20\n");
    CHECK(seed.text(SeedDocument::vendor_data).empty());
    CHECK(seed.text(SeedDocument::network_config).empty());
    for (const auto document :
         {SeedDocument::meta_data, SeedDocument::user_data, SeedDocument::vendor_data, SeedDocument::network_config})
        CHECK_FALSE(api::is_private(document, seed.facts()));
}

TEST_CASE("golden: what profile and host add are parts of a message behind ours, the host's last") {
    const TestSeed seed("user_data = ['lab profile.yaml']\nvars = { motto = 'a \"b\"' }\n", "user_data = 'r640.sh'\n",
                        {{"lab profile.yaml", "#cloud-config\nmotto: {{vars.motto | yaml}}\nurl: {{boot.url}}"},
                         {"r640.sh", "#!/bin/sh\necho \xc3\xa9 {{host.mac}}\n"}});
    CHECK(seed.text(SeedDocument::user_data) ==
          "Content-Type: multipart/mixed; boundary=\"==musterd-01ARYZ6S41TSV4RRFFQ69G5FAV==\"\n"
          "MIME-Version: 1.0\n"
          "\n"
          "--==musterd-01ARYZ6S41TSV4RRFFQ69G5FAV==\n"
          "Content-Type: text/cloud-config; charset=\"utf-8\"\n"
          "MIME-Version: 1.0\n"
          "Content-Transfer-Encoding: 7bit\n"
          "Content-Disposition: attachment; filename=\"00-musterd.yaml\"\n"
          "\n"
          "#cloud-config\n"
          "hostname: \"r640\"\n"
          "phone_home:\n"
          "  url: \"http://10.0.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV/up\"\n"
          "  post: [instance_id, hostname, fqdn]\n"
          "  tries: 20\n"
          "\n"
          "--==musterd-01ARYZ6S41TSV4RRFFQ69G5FAV==\n"
          "Content-Type: text/cloud-config; charset=\"utf-8\"\n"
          "MIME-Version: 1.0\n"
          "Content-Transfer-Encoding: 7bit\n"
          "Content-Disposition: attachment; filename=\"01-lab_profile.yaml\"\n"
          "\n"
          "#cloud-config\n"
          "motto: \"a \\\"b\\\"\"\n"
          "url: http://10.0.0.5:8080/boot/01ARYZ6S41TSV4RRFFQ69G5FAV\n"
          "\n"
          "--==musterd-01ARYZ6S41TSV4RRFFQ69G5FAV==\n"
          "Content-Type: text/x-shellscript; charset=\"utf-8\"\n"
          "MIME-Version: 1.0\n"
          "Content-Transfer-Encoding: base64\n"
          "Content-Disposition: attachment; filename=\"02-r640.sh\"\n"
          "\n"
          "IyEvYmluL3NoCmVjaG8gw6kgYjg6Y2U6ZjY6MDE6MDI6MDMK\n"
          "\n"
          "--==musterd-01ARYZ6S41TSV4RRFFQ69G5FAV==--\n");
    CHECK(api::is_private(SeedDocument::user_data, seed.facts()));
    CHECK_FALSE(api::is_private(SeedDocument::meta_data, seed.facts()));
}

TEST_CASE(
    "vendor-data and network-config are the person's own texts, and the host's network goes before its profile's") {
    const TestSeed seed("vendor_data = 'v.yaml'\nnetwork_config = 'n.yaml'\n", "network_config = 'own.yaml'\n",
                        {{"v.yaml", "#cloud-config\nntp: {enabled: true}\n"},
                         {"n.yaml", "version: 2\n"},
                         {"own.yaml", "version: 2\nethernets: {eth0: {match: {macaddress: \"{{host.mac}}\"}}}\n"}});
    CHECK(seed.text(SeedDocument::vendor_data) == "#cloud-config\nntp: {enabled: true}\n");
    CHECK(seed.text(SeedDocument::network_config) ==
          "version: 2\nethernets: {eth0: {match: {macaddress: \"b8:ce:f6:01:02:03\"}}}\n");
    CHECK(api::is_private(SeedDocument::vendor_data, seed.facts()));
    CHECK(api::is_private(SeedDocument::network_config, seed.facts()));
    const TestSeed two("vendor_data = ['a.sh', 'b.sh']\n", "", {{"a.sh", "#!/bin/sh\n"}, {"b.sh", "#!/bin/sh\n"}});
    CHECK(two.text(SeedDocument::vendor_data).starts_with("Content-Type: multipart/mixed; boundary=\"==musterd-"));
}

TEST_CASE("a long part that is not ASCII is cut into lines of 76 characters") {
    const TestSeed seed("user_data = 'a.sh'\n", "", {{"a.sh", "#!/bin/sh\n# " + std::string(60, '-') + "\xc3\xa9\n"}});
    CHECK(seed.text(SeedDocument::user_data)
              .find("IyEvYmluL3NoCiMgLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0t\n"
                    "LS0tLS0tLS0tLS0tLS0tw6kK\n") != std::string::npos);
}
