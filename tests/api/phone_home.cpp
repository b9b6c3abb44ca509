#include "server/api/phone_home.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using Details = std::map<std::string, std::string>;

TEST_CASE("JSON, cloud-init's form, or nothing: each is a receipt") {
    CHECK(*api::read_phone_home(
              "application/json",
              R"({"kernel_boot_id":"abc","hostname":"r640","addresses":["10.0.0.7","fe80::1"],"other":1})") ==
          Details{{"kernel_boot_id", "abc"}, {"hostname", "r640"}, {"addresses", "10.0.0.7 fe80::1"}});
    CHECK(*api::read_phone_home("application/x-www-form-urlencoded",
                                "pub_key_rsa=ssh-rsa+AAA&instance_id=i-1&hostname=r640&fqdn=N%2FA") ==
          Details{{"instance_id", "i-1"}, {"hostname", "r640"}});
    CHECK(api::read_phone_home("", "")->empty());
    CHECK(api::read_phone_home("application/json", " \n")->empty());
}

TEST_CASE("busybox wget says form and sends JSON: the body decides") {
    CHECK(*api::read_phone_home("application/x-www-form-urlencoded", R"({"hostname":"r640"})") ==
          Details{{"hostname", "r640"}});
}

TEST_CASE("broken bodies are errors") {
    CHECK_FALSE(api::read_phone_home("application/json", R"({"hostname":)"));
    CHECK_FALSE(api::read_phone_home("application/json", "[1]"));
    CHECK_FALSE(api::read_phone_home("", "hostname=%zz"));
    CHECK_FALSE(api::read_phone_home("application/json", std::string(4096, '[')));
}

TEST_CASE("what a machine says is one short line of valid text, whatever it sent") {
    const auto long_name = api::read_phone_home("", "hostname=" + std::string(1000, 'x'));
    CHECK(long_name->at("hostname").size() == 256);
    CHECK(api::read_phone_home("", "hostname=a%0Ab%1B%5B31m")->at("hostname") == "a b [31m");
    CHECK(api::read_phone_home("", "hostname=%FF%FE")->at("hostname") == "??");
}

TEST_CASE("the reason of a failure is never empty") {
    CHECK(api::reported_reason("application/json", R"({"reason":"no disk"})") == "no disk");
    CHECK(api::reported_reason("text/plain", "no\ndisk") == "no disk");
    CHECK(api::reported_reason("", "") == "the machine says that it failed, and no more");
    CHECK(api::reported_reason("application/json", "{}") == "the machine says that it failed, and no more");
}
