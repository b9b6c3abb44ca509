#include "server/api/tokens.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

using namespace musterd;
using api::Role;
using api::Tokens;

namespace {

const std::string first = "0123456789abcdef";

Tokens open(const support::TemporaryFolder& folder) {
    auto tokens = Tokens::open(folder.path() / "tokens.d", first);
    REQUIRE(tokens);
    return std::move(*tokens);
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("a token that was made opens, also after a restart, and stands nowhere on the disk") {
    const support::TemporaryFolder folder;
    auto tokens = open(folder);
    const auto made = tokens.create("grafana", Role::read, base::Time());
    REQUIRE(made);
    CHECK(made->size() == 64);
    const auto file = folder.path() / "tokens.d" / "grafana";
    CHECK(text_of(file).find(*made) == std::string::npos);
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    for (const auto& again : {tokens, open(folder)}) {
        REQUIRE(again.holder(*made) != nullptr);
        CHECK(again.holder(*made)->name == "grafana");
        CHECK(again.holder(*made)->role == Role::read);
        REQUIRE(again.holder(first) != nullptr);
        CHECK(again.holder(first)->role == Role::admin);
    }
}

TEST_CASE("what is no token has no holder") {
    const support::TemporaryFolder folder;
    auto tokens = open(folder);
    const auto made = tokens.create("one", Role::operate, base::Time());
    REQUIRE(made);
    for (const auto& wrong : {std::string(), std::string("one"), *made + "0", made->substr(1), first.substr(1),
                              std::string(100'000, 'a'), std::string("\0\0", 2)})
        CHECK(tokens.holder(wrong) == nullptr);
}

TEST_CASE("a token that was removed opens nothing, and the first one cannot be removed") {
    const support::TemporaryFolder folder;
    auto tokens = open(folder);
    const auto made = tokens.create("one", Role::admin, base::Time());
    REQUIRE(made);
    CHECK(tokens.remove("one"));
    CHECK(tokens.holder(*made) == nullptr);
    CHECK(open(folder).holder(*made) == nullptr);
    CHECK(tokens.remove("one").error().code() == std::errc::no_such_file_or_directory);
    CHECK(tokens.remove("token").error().code() == std::errc::invalid_argument);
    CHECK(tokens.holder(first) != nullptr);
}

TEST_CASE("names that are paths, hidden, long or taken make no token") {
    const support::TemporaryFolder folder;
    auto tokens = open(folder);
    REQUIRE(tokens.create("taken", Role::read, base::Time()));
    for (const auto& name : {std::string(), std::string("../token"), std::string("a/b"), std::string(".hidden"),
                             std::string(65, 'a'), std::string("a b"), std::string("a\0b", 3), std::string("ä")})
        CHECK(tokens.create(name, Role::read, base::Time()).error().code() == std::errc::invalid_argument);
    for (const auto* name : {"taken", "token"})
        CHECK(tokens.create(name, Role::read, base::Time()).error().code() == std::errc::file_exists);
    CHECK(tokens.list().size() == 2);
}

TEST_CASE("a broken file of a token is said, with its name") {
    for (const auto* text :
         {"", "{}", "nonsense", R"({"role":"root","sha256":"00"})", R"({"role":"read","sha256":"00"})"}) {
        const support::TemporaryFolder folder;
        std::filesystem::create_directories(folder.path() / "tokens.d");
        std::ofstream(folder.path() / "tokens.d" / "mine") << text;
        const auto opened = Tokens::open(folder.path() / "tokens.d", first);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().message().find("tokens.d/mine") != std::string::npos);
    }
}
