// What a profile is with all that it inherits.
#include "profiles/kernel_line.hpp"
#include "profiles/load.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::profiles;

TEST_CASE("a profile has all that it inherits: the nearest image and arguments, variables laid over each other") {
    const SourceText profiles{"p", R"([profile.c]
inherits = "b"
args = ["c={{vars.y}}"]
vars = { y = "c" }
[profile.a]
image = "first"
args = ["a", "b"]
vars = { x = "a", y = "a" }
[profile.b]
inherits = "a"
image = "second"
[profile.later]
inherits = "local"
)"};
    const auto loaded = load_texts({"m", ""}, {profiles}, {});
    CHECK(loaded.problems.render() == "");
    REQUIRE(loaded.configuration);
    const auto* b = loaded.configuration->plan("b");
    CHECK(b->image == images::Reference{"second", ""});
    CHECK(b->args.size() == 2);
    CHECK(b->vars == Variables{{"x", "a"}, {"y", "a"}});
    const auto* c = loaded.configuration->plan("c");
    CHECK(c->profile == "c");
    CHECK(c->image == images::Reference{"second", ""});
    CHECK(c->vars == Variables{{"x", "a"}, {"y", "c"}});
    CHECK(kernel_arguments(*c, nullptr, {}) == std::vector<std::string>{"c=c"});
    CHECK(loaded.configuration->plan("later")->action == Action::local);
    CHECK(loaded.configuration->plan("a")->image == images::Reference{"first", ""});
}

TEST_CASE("args replaces what is inherited, \"args+\" adds to it") {
    const std::string profiles = R"(
[profile.base]
image = "x"
args = ["a"]
"args+" = ["b"]
[profile.more]
inherits = "base"
"args+" = ["c={{vars.c}}"]
[profile.most]
inherits = "more"
"args+" = "d"
[profile.other]
inherits = "most"
args = []
"args+" = ["e"]
)";
    const auto loaded = load_texts({"m", ""}, {{"p", profiles}}, {});
    REQUIRE(loaded.configuration);
    const auto args = [&](std::string_view name) {
        std::string all;
        for (const auto& argument : loaded.configuration->plan(name)->args)
            all += argument.text.render([](auto) { return "?"; }) + " ";
        return all;
    };
    CHECK(args("base") == "a b ");
    CHECK(args("more") == "a b c=? ");
    CHECK(args("most") == "a b c=? d ");
    CHECK(args("other") == "e ");
    const auto wrong =
        load_texts({"m", ""}, {{"p", "[profile.x]\nimage = 'x'\n\"args+\" = ['a', 'b c', '{{host.nam}}']"}}, {});
    const auto problems = wrong.problems.sorted();
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].message ==
          "profile.x.args+[1]: a space would start another argument: write two, or quote it as in a=\"b c\"");
    CHECK(problems[1].message == "profile.x.args: there is no \"host.nam\"; did you mean \"host.name\"?");
}

TEST_CASE("deadlines are inherited stage by stage, and mistakes in them are told") {
    const auto loaded = load_texts({"m", ""},
                                   {{"p",
                                     "[profile.a]\nimage = 'x'\ndeadlines = { up = '20m', loader = '2m' }\n"
                                     "[profile.b]\ninherits = 'a'\ndeadlines.up = '90s'\n"}},
                                   {});
    REQUIRE(loaded.configuration);
    using Deadlines = std::map<std::string, std::chrono::milliseconds>;
    CHECK(loaded.configuration->plan("b")->deadlines ==
          Deadlines{{"loader", std::chrono::minutes(2)}, {"up", std::chrono::seconds(90)}});
    const auto wrong =
        load_texts({"m", ""}, {{"p", "[profile.a]\nimage = 'x'\ndeadlines = { up = 'soon', kernal = '1m' }"}}, {});
    const auto problems = wrong.problems.sorted();
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].message.starts_with("profile.a.deadlines.up: "));
    CHECK(problems[1].message == "profile.a.deadlines.kernal: unknown key; did you mean \"kernel\"?");
}

TEST_CASE("variables may be lists, for documents; on a kernel line they are refused") {
    const SourceText hosts{"/c/h.toml",
                           "[[host]]\nname = 'n'\nmac = ['02:00:00:00:00:01', '02:00:00:00:00:02']\n"
                           "profile = 'a'\nvars.keys = ['k 1', 2, true]\n"};
    const std::string profile = "[profile.a]\nimage = 'i'\n";
    const auto loaded = load_texts({"/c/m.toml", ""}, {{"/c/p.toml", profile + "user_data = 'u.yaml'"}}, {hosts},
                                   {{"/c/u.yaml",
                                     "#cloud-config\n{{#each vars.keys}}\n- {{this | yaml}}\n{{/each}}\n"
                                     "{{#each host.macs}}\n- {{this}}\n{{/each}}\n"}});
    CHECK(loaded.problems.render() == "");
    REQUIRE(loaded.configuration);
    const auto& host = loaded.configuration->hosts().front();
    const auto& plan = *loaded.configuration->plan("a");
    CHECK(plan.seed.user_data->front()->render([&](auto name) { return value_of(name, plan, &host, {}); }) ==
          "#cloud-config\n- \"k 1\"\n- \"2\"\n- \"true\"\n- 02:00:00:00:00:01\n- 02:00:00:00:00:02\n");
    const auto refused = load_texts({"/c/m.toml", ""},
                                    {{"/c/p.toml", profile + "args = ['k={{vars.keys}}', '{{host.macs}}']"}}, {hosts});
    const auto problems = refused.problems.sorted();
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].message.starts_with("host[0]: vars.keys is a list, and cannot stand in a kernel argument"));
    CHECK(problems[1].message == "profile.a.args: there is no \"host.macs\"; did you mean \"host.mac\"?");
}
