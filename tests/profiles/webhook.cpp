#include "profiles/webhook.hpp"

#include "profiles/load.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace musterd;

namespace {

std::string problems(const std::string& text) {
    return profiles::load_texts({"/etc/musterd/musterd.toml", text}, {}, {}).problems.render();
}

}  // namespace

TEST_CASE("webhooks are read with their files beside the main one") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "musterd.toml";
    std::ofstream(file)
        << "[[webhook]]\nurl = \"https://ops.example/hook\"\nsecret = \"hook.secret\"\nca_file = \"/ca.pem\"\n"
           "[[webhook]]\nurl = \"http://10.0.0.9/\"\non = [\"script\"]\n";
    const auto webhooks = profiles::load_webhooks(file);
    REQUIRE(webhooks.size() == 2);
    CHECK(webhooks[0].url == "https://ops.example/hook");
    CHECK(webhooks[0].on == std::vector<std::string>{"up", "late", "failed"});
    CHECK(webhooks[0].secret == folder.path() / "hook.secret");
    CHECK(webhooks[0].ca_file == "/ca.pem");
    CHECK(webhooks[1].on == std::vector<std::string>{"script"});
    CHECK(webhooks[1].secret.empty());
    CHECK(profiles::load_webhooks(folder.path() / "missing.toml").empty());
}

TEST_CASE("what is wrong with a webhook is a problem of the configuration") {
    CHECK(problems("[[webhook]]\nurl = \"https://ops.example/\"\n").empty());
    const std::pair<const char*, const char*> table[] = {
        {"[[webhook]]\n", "url"},
        {"[[webhook]]\nurl = \"ftp://x/\"\n", "an http or https URL"},
        {"[[webhook]]\nurl = \"https://user:word@x/\"\n", "without user and password"},
        {"[[webhook]]\nurl = \"https://x/\"\non = [\"upp\"]\n", "\"upp\" is neither"},
        {"[[webhook]]\nurl = \"https://x/\"\nsecrt = \"a\"\n", "did you mean \"secret\"?"},
        {"[[webhook]]\nurl = \"https://x/\"\n[[webhook]]\nurl = \"https://x/\"\n", "another webhook"},
    };
    for (const auto& each : table) {
        const std::string text = each.first;
        CAPTURE(text);
        CHECK(problems(text).find(each.second) != std::string::npos);
    }
}
