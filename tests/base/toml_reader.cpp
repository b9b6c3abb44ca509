#include "server/base/toml_reader.hpp"

#include <doctest/doctest.h>

using namespace musterd::base;

TEST_CASE("all problems of a file come out together, each with its place") {
    Diagnostics problems;
    const auto* text =
        "name = 7\n"
        "port = 99999\n"
        "prot = 1\n"
        "mode = \"prxy\"\n"
        "list = [\"a\", 2]\n"
        "[net]\n"
        "extra = true\n"
        "[[host]]\n"
        "x = 1\n";
    read_toml("m.toml", text, problems, [](TomlReader& root) {
        CHECK_FALSE(root.text("name"));
        CHECK_FALSE(root.integer("port", 1, 65535));
        CHECK_FALSE(root.one_of("mode", {"proxy", "off"}));
        CHECK(root.texts("list") == std::vector<std::string>{"a"});
        CHECK(root.required_text("must").empty());
        root.child("net", [](TomlReader& net) { CHECK_FALSE(net.boolean("off")); });
        root.each("host", [](TomlReader& host) { host.required_text("name"); });
    });
    std::string all;
    for (const auto& problem : problems.sorted()) {
        all += std::to_string(problem.where.line) + ":" + std::to_string(problem.where.column) + " " + problem.message +
               "\n";
    }
    CHECK(all ==
          "1:1 \"must\" is missing\n"
          "1:8 name: expected a string\n"
          "2:8 port: expected a whole number from 1 to 65535\n"
          "3:1 prot: unknown key; did you mean \"port\"?\n"
          "4:8 mode: \"prxy\" is not one of proxy, off (did you mean \"proxy\"?)\n"
          "5:14 list[1]: expected a string\n"
          "7:1 net.extra: unknown key\n"
          "8:1 host[0]: \"name\" is missing\n"
          "9:1 host[0].x: unknown key\n");
}

TEST_CASE("good values are read as they stand") {
    Diagnostics problems;
    const auto* text =
        "one = \"a\"\nport = 8080\non = true\nlist = \"single\"\n"
        "[vars]\ngpu = \"v100\"\nslots = 4\nfast = false\n"
        "[profile.a]\nimage = \"x\"\n[profile.b]\nimage = \"y\"\n";
    std::map<std::string, std::string> images;
    read_toml("m.toml", text, problems, [&](TomlReader& root) {
        CHECK(root.required_text("one") == "a");
        CHECK(root.integer("port", 1, 65535) == 8080);
        CHECK(root.boolean("on") == true);
        CHECK(root.texts("list") == std::vector<std::string>{"single"});
        CHECK(root.text_map("vars") ==
              std::map<std::string, std::string>{{"gpu", "v100"}, {"slots", "4"}, {"fast", "false"}});
        root.each_named("profile", [&](const std::string& name, TomlReader& profile) {
            images[name] = profile.required_text("image");
        });
        CHECK(root.where("port").line == 2);
    });
    CHECK(problems.empty());
    CHECK(images == std::map<std::string, std::string>{{"a", "x"}, {"b", "y"}});
}

TEST_CASE("a syntax error is one problem at its place") {
    Diagnostics problems;
    read_toml("m.toml", "a = 1\nb = = 2\n", problems, [](TomlReader&) { FAIL("must not be read"); });
    REQUIRE(problems.sorted().size() == 1);
    CHECK(problems.sorted()[0].where.line == 2);
}

TEST_CASE("a file that is not there is a problem that names it") {
    Diagnostics problems;
    read_toml_file("/no/such/file.toml", problems, [](TomlReader&) {});
    CHECK(problems.render() == "/no/such/file.toml: error: No such file or directory\n");
}
