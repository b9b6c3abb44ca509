#include "server/api/secret_file.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

using namespace musterd;

TEST_CASE("a token is made once, private, and kept") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "token";
    const auto first = api::load_token(file);
    REQUIRE(first);
    CHECK(first->size() == 64);
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    CHECK(*api::load_token(file) == *first);
}

TEST_CASE("an emptied token file is an error, not an open door") {
    const support::TemporaryFolder folder;
    std::ofstream(folder.path() / "token") << "\n";
    const auto token = api::load_token(folder.path() / "token");
    REQUIRE_FALSE(token);
    CHECK(token.error().message().find("too short") != std::string::npos);
}

TEST_CASE("a site key is made once, private, and kept") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "site.key";
    bool made = false;
    const auto first = api::load_site_key(file, &made);
    REQUIRE(first);
    CHECK(made);
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    CHECK(*api::load_site_key(file, &made) == *first);
    CHECK_FALSE(made);
}

TEST_CASE("a site key that was cut short is an error that says what to do, and stays as it is") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "site.key";
    std::ofstream(file) << "0123456789abcdef";
    const auto key = api::load_site_key(file);
    REQUIRE_FALSE(key);
    CHECK(key.error().message().find("musterd key restore") != std::string::npos);
    CHECK(std::filesystem::file_size(file) == 16);
}
